"""How FastStream reaches the brokers; apart from the other clients, which need not load it."""

from __future__ import annotations

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from infra.kafka_connection import ssl_context
from infra.settings import Settings


def faststream_security(settings: Settings) -> BaseSecurity | None:
    """Return FastStream's security object for the settings, or None where Kafka is reached in the open."""
    context = ssl_context(settings)
    if settings.kafka_security_protocol == "PLAINTEXT":
        return None
    if settings.kafka_security_protocol == "SSL":
        return BaseSecurity(ssl_context=context, use_ssl=True)
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    password = settings.kafka_sasl_password
    return kinds[settings.kafka_sasl_mechanism or "PLAIN"](
        username=settings.kafka_sasl_username or "",
        password=password.get_secret_value() if password else "",
        use_ssl=context is not None,
        ssl_context=context,
    )
