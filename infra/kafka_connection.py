"""How every Kafka client here reaches its brokers: the same settings said in each library's words."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import Any

from infra.settings import Settings


def ssl_context(settings: Settings) -> ssl.SSLContext | None:
    """Return the TLS context for Kafka, trusting the authorities of the settings' file or this machine's; or None."""
    if settings.kafka_security_protocol not in {"SSL", "SASL_SSL"}:
        return None
    return ssl.create_default_context(cafile=settings.kafka_ssl_cafile)


def bootstrap_servers(settings: Settings) -> list[str]:
    """Return the addresses of the brokers.

    Raises:
        LookupError: if none are set.
    """
    if settings.kafka_bootstrap_servers is None:
        raise LookupError("No Kafka is known: set WAYMARK_KAFKA_BOOTSTRAP_SERVERS, or start `waymark up`.")
    return settings.kafka_bootstrap_servers.split(",")


def is_reachable(settings: Settings, limit_s: float = 5) -> bool:
    """Say whether any broker of the settings accepts connections; asked first, so that nobody waits out long limits."""
    for server in bootstrap_servers(settings):
        host, _, port = server.rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), timeout=limit_s):
            return True
    return False


def aiokafka_options(settings: Settings) -> dict[str, Any]:
    """Return the connection arguments of aiokafka's producer and consumer."""
    options: dict[str, Any] = {
        "bootstrap_servers": bootstrap_servers(settings),
        "security_protocol": settings.kafka_security_protocol,
        "ssl_context": ssl_context(settings),
    }
    if settings.kafka_security_protocol.startswith("SASL_"):
        options |= _sign_in(settings)
    return options


def admin_options(settings: Settings, *, limit_s: float = 20) -> dict[str, Any]:
    """Return the connection arguments of kafka-python's admin client, which gives up after `limit_s` seconds."""
    limit_ms = round(limit_s * 1000)
    options: dict[str, Any] = {
        "bootstrap_servers": bootstrap_servers(settings),
        "client_id": "waymark-admin",
        "security_protocol": settings.kafka_security_protocol,
        "ssl_context": ssl_context(settings),
        "request_timeout_ms": limit_ms,
        "bootstrap_timeout_ms": limit_ms,
    }
    if settings.kafka_security_protocol.startswith("SASL_"):
        options |= _sign_in(settings)
    return options


def _sign_in(settings: Settings) -> dict[str, Any]:
    password = settings.kafka_sasl_password
    return {
        "sasl_mechanism": settings.kafka_sasl_mechanism,
        "sasl_plain_username": settings.kafka_sasl_username,
        "sasl_plain_password": password.get_secret_value() if password else None,
    }
