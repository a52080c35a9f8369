"""The Kafka settings in the words of each client library."""

from __future__ import annotations

import ssl

import pytest
from aiokafka import AIOKafkaProducer
from faststream.kafka import KafkaBroker
from faststream.security import SASLPlaintext, SASLScram256, SASLScram512
from pydantic import SecretStr

from infra.faststream_connection import faststream_security
from infra.kafka_connection import admin_options, aiokafka_options, bootstrap_servers, is_reachable
from infra.settings import Settings

SIGN_IN = {
    "kafka_bootstrap_servers": "one.example:9092,two.example:9092",
    "kafka_sasl_username": "waymark",
    "kafka_sasl_password": SecretStr("hunter2"),
}


def settings(protocol: str, mechanism: str | None = None) -> Settings:
    chosen = {"kafka_security_protocol": protocol, "kafka_sasl_mechanism": mechanism}
    return Settings.model_validate(SIGN_IN | chosen)


def test_in_the_open_nothing_is_signed_and_nothing_encrypted() -> None:
    options = aiokafka_options(settings("PLAINTEXT"))
    assert options["bootstrap_servers"] == ["one.example:9092", "two.example:9092"]
    assert options["ssl_context"] is None
    assert "sasl_plain_password" not in options
    assert faststream_security(settings("PLAINTEXT")) is None


@pytest.mark.parametrize(
    ("mechanism", "kind"),
    [("PLAIN", SASLPlaintext), ("SCRAM-SHA-256", SASLScram256), ("SCRAM-SHA-512", SASLScram512)],
)
@pytest.mark.parametrize("protocol", ["SASL_SSL", "SASL_PLAINTEXT"])
async def test_every_way_to_sign_in_reaches_every_library(protocol: str, mechanism: str, kind: type) -> None:
    chosen = settings(protocol, mechanism)
    encrypted = protocol == "SASL_SSL"
    for options in (aiokafka_options(chosen), admin_options(chosen)):
        assert options["sasl_mechanism"] == mechanism
        assert options["sasl_plain_password"] == "hunter2"
        assert isinstance(options["ssl_context"], ssl.SSLContext) is encrypted
    producer = AIOKafkaProducer(**aiokafka_options(chosen))
    await producer.stop()
    security = faststream_security(chosen)
    assert security is not None
    assert type(security) is kind
    assert security.use_ssl is encrypted
    KafkaBroker(bootstrap_servers(chosen), security=security)


def test_encryption_without_signing_in_is_possible() -> None:
    security = faststream_security(settings("SSL"))
    assert security is not None
    assert security.use_ssl


def test_no_broker_set_is_told_in_a_sentence_and_none_there_is_no_error() -> None:
    with pytest.raises(LookupError, match="WAYMARK_KAFKA_BOOTSTRAP_SERVERS"):
        bootstrap_servers(settings("PLAINTEXT").model_copy(update={"kafka_bootstrap_servers": None}))
    # Port 0 is nobody's.
    nowhere = settings("PLAINTEXT").model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:0,[::1]:0"})
    assert not is_reachable(nowhere, limit_s=1)
