"""Every setting of Waymark, read from `WAYMARK_…` environment variables and a `.env` file in the working folder.

What is set wrongly stops the start with a sentence that names the variable and never repeats its value: it may be a
secret typed into the wrong place. A misspelt name is refused too, since a go-live date nobody read sends texts.
"""

from __future__ import annotations

import difflib
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from infra.clock import parse_start

PREFIX = "WAYMARK_"
ENV_FILE = ".env"
SHORTEST_MASTER_KEY = 32

_HOST_PORT = re.compile(r"(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}", re.ASCII)
_MAILBOX_OR_SITE = re.compile(r"[^@\s/:]+@[^@\s/:]+\.[^@\s/:]+|https?://[^\s]+")
_MAIL_SERVER = re.compile(r"mailtos?://[^\s]+")
_DATABASE_SCHEMES = ("postgresql", "postgres")

_SENTENCES = {
    "int_parsing": "is a whole number",
    "int_from_float": "is a whole number",
    "float_parsing": "is a number",
    "bool_parsing": "is true or false",
}


class SettingsError(Exception):
    """The settings cannot be used as they are; each problem is one sentence without the value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """All settings; each is also the environment variable of its name in capitals after `WAYMARK_`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    service: bool = Field(default=False, description="in service: embedded servers and a simulated clock are refused")
    data: Path = Field(Path(".waymark"), description="folder of embedded servers, run file and local outbox")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level that is logged")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: readable on a terminal, else JSON"
    )
    web_host: str = Field("127.0.0.1", description="address the web pages listen on")
    web_port: int = Field(8080, ge=0, le=65535, description="port of the web pages; another is taken if it is in use")
    web_user_header: str | None = Field(
        None, description="header in which the proxy that people sign in to says who is asking; unset: all are local"
    )
    metrics_port: int | None = Field(
        None, ge=0, le=65535, description="port at which ingest, clock, relay and notify show metrics and health"
    )
    otlp_endpoint: str | None = Field(
        None, description="address of an OpenTelemetry collector, http://…:4318; unset: nothing is traced"
    )
    public_url: str | None = Field(None, description="address at which Twilio reaches us, https://…")

    database_url: SecretStr | None = Field(None, description="postgresql://… of PostgreSQL; unset: the embedded one")
    database_pool_size: int = Field(10, ge=1, le=200, description="connections a process keeps to PostgreSQL")
    database_statement_timeout_s: int = Field(60, ge=1, le=3600, description="seconds after which a statement is ended")
    database_lock_timeout_s: int = Field(20, ge=1, le=3600, description="seconds a statement waits for a lock")

    kafka_bootstrap_servers: str | None = Field(None, description="HOST:PORT,… of Kafka; unset: the embedded broker")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT",
        description="how to speak to Kafka",
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None,
        description="how to sign in to Kafka",
    )
    kafka_sasl_username: str | None = Field(None, description="name to sign in to Kafka with")
    kafka_sasl_password: SecretStr | None = Field(None, description="password to sign in to Kafka with")
    kafka_ssl_cafile: Path | None = Field(None, description="file of the authorities that vouch for Kafka")
    kafka_idempotence: bool = Field(
        default=True, description="idempotent producer; off for the embedded broker, which has none"
    )
    kafka_session_timeout_ms: int = Field(
        10_000,
        ge=1_000,
        le=300_000,
        description="milliseconds of silence after which Kafka gives a consumer's partitions to another",
    )
    topic_prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]{0,80}$", description="put before every topic's name")

    twilio_account_sid: str | None = Field(None, description="Twilio account; unset: texts go to the local outbox only")
    twilio_auth_token: SecretStr | None = Field(None, description="Twilio's token; it also signs what Twilio calls")
    twilio_from: str | None = Field(None, description="number texts come from")
    twilio_messaging_service_sid: str | None = Field(None, description="Twilio messaging service, instead of a number")
    twilio_base_url: str = Field("https://api.twilio.com", description="address of Twilio's interface")

    master_key: SecretStr | None = Field(
        None,
        description=f"key over each victim's own key, at least {SHORTEST_MASTER_KEY} characters; losing it loses them",
    )
    announce_from: datetime | None = Field(None, description="go-live: what fell due before is shown, not announced")
    texts_from: datetime | None = Field(None, description="go-live: what was recorded before is never texted")
    holidays: Path | None = Field(
        None, description="file of bank holidays proclaimed since this version; another list is another rule set"
    )
    cover: str = Field(
        "cover", min_length=1, max_length=500, description="worklist of last resort: a team that is there every day"
    )
    control_room: SecretStr | None = Field(
        None, description="e-mail address or https://… that an urgent alert reaches last, when nobody acknowledges it"
    )
    alert_mail: SecretStr | None = Field(
        None, description="mail server for alerts to staff, mailtos://user:password@host?from=…; unset: no e-mail"
    )
    sources: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="event types or prefixes that are connected, with commas; unset: all are",
    )

    @field_validator("database_url")
    @classmethod
    def _names_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        scheme, separator, rest = url.get_secret_value().partition("://")
        scheme = scheme.removesuffix("+asyncpg")
        if not separator or not rest or scheme not in _DATABASE_SCHEMES:
            raise ValueError("is an address such as postgresql://user:password@host:5432/name")
        return SecretStr(f"postgresql://{rest}")

    @field_validator("kafka_bootstrap_servers")
    @classmethod
    def _names_brokers(cls, servers: str | None) -> str | None:
        if servers is None:
            return None
        listed = [server.strip() for server in servers.split(",") if server.strip()]
        if not listed or not all(_HOST_PORT.fullmatch(server) for server in listed):
            raise ValueError("is a list of HOST:PORT with commas, such as kafka-1:9092,kafka-2:9092")
        return ",".join(listed)

    @field_validator("public_url", "twilio_base_url", "otlp_endpoint")
    @classmethod
    def _names_a_site(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("is an address that begins with https:// (or http://) and has no ? or #")
        return url.rstrip("/")

    @field_validator("kafka_ssl_cafile", "holidays")
    @classmethod
    def _names_a_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("is the path of a file that exists")
        return path

    @field_validator("master_key")
    @classmethod
    def _is_long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < SHORTEST_MASTER_KEY:
            raise ValueError(
                f"has at least {SHORTEST_MASTER_KEY} characters, for example from: openssl rand -base64 32"
            )
        return key

    @field_validator("control_room")
    @classmethod
    def _names_a_mailbox_or_site(cls, address: SecretStr | None) -> SecretStr | None:
        if address is not None and not _MAILBOX_OR_SITE.fullmatch(address.get_secret_value()):
            raise ValueError("is an e-mail address, or an address that begins with https://")
        return address

    @field_validator("alert_mail")
    @classmethod
    def _names_a_mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _MAIL_SERVER.fullmatch(url.get_secret_value()):
            raise ValueError("begins with mailtos:// (or mailto://), such as mailtos://user:password@host?from=…")
        return url

    @field_validator("announce_from", "texts_from", mode="before")
    @classmethod
    def _reads_a_start(cls, given: Any) -> Any:
        if isinstance(given, datetime) and given.tzinfo is None:
            raise ValueError("is an instant with an offset")
        return parse_start(given) if isinstance(given, str) else given

    @field_validator("sources", mode="before")
    @classmethod
    def _reads_a_list(cls, given: Any) -> Any:
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = [*self._kafka_gaps(), *self._twilio_gaps(), *self._service_gaps()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _kafka_gaps(self) -> list[str]:
        if not self.kafka_security_protocol.startswith("SASL_"):
            return []
        wanted = ("kafka_sasl_mechanism", "kafka_sasl_username", "kafka_sasl_password")
        return [
            f"{variable(name)} is needed: WAYMARK_KAFKA_SECURITY_PROTOCOL asks to sign in."
            for name in wanted
            if getattr(self, name) is None
        ]

    def _twilio_gaps(self) -> list[str]:
        if self.twilio_account_sid is None:
            return []
        problems = []
        if self.twilio_auth_token is None:
            problems.append("WAYMARK_TWILIO_AUTH_TOKEN is needed: WAYMARK_TWILIO_ACCOUNT_SID is set.")
        if (self.twilio_from is None) == (self.twilio_messaging_service_sid is None):
            problems.append(
                "Set one of WAYMARK_TWILIO_FROM and WAYMARK_TWILIO_MESSAGING_SERVICE_SID: texts come from one of them.",
            )
        return problems

    def _service_gaps(self) -> list[str]:
        if not self.service:
            return []
        problems = [
            f"{variable(name)} is needed: WAYMARK_SERVICE is true, and in service {why}."
            for name, why in (
                ("database_url", "the embedded PostgreSQL is refused"),
                ("kafka_bootstrap_servers", "the embedded broker is refused, because its log is in memory only"),
                ("master_key", "no key is made up"),
            )
            if getattr(self, name) is None
        ]
        if not self.twilio_base_url.startswith("https://"):
            problems.append("WAYMARK_TWILIO_BASE_URL must begin with https://: WAYMARK_SERVICE is true.")
        return problems

    def refuse_simulated_clock_in_service(self) -> None:
        """Raise SettingsError in service, where a simulated clock would send texts at the wrong hour."""
        if self.service:
            raise SettingsError(["A simulated clock is refused: WAYMARK_SERVICE is true. Leave out --now."])


def variable(name: str) -> str:
    """Return the environment variable of a setting: `data` is `WAYMARK_DATA`."""
    return PREFIX + name.upper()


def _unknown_names(env_file: Path) -> list[str]:
    known = {variable(name) for name in Settings.model_fields}
    given = set(os.environ) | (set(dotenv_values(env_file)) if env_file.is_file() else set())
    problems = []
    for name in sorted(given):
        if not name.upper().startswith(PREFIX) or name.upper() in known:
            continue
        near = difflib.get_close_matches(name.upper(), sorted(known), n=1)
        hint = f"Did you mean {near[0]}?" if near else "`waymark settings` lists them."
        problems.append(f"{name} is no setting of Waymark. {hint}")
    return problems


def _sentences(error: ValidationError) -> list[str]:
    problems = []
    for detail in error.errors(include_url=False, include_context=True, include_input=False):
        if not detail["loc"]:
            problems.extend(str(detail["ctx"]["error"]).split("\n"))
            continue
        name = variable(str(detail["loc"][0]))
        match detail["type"]:
            case "value_error":
                rule = str(detail["ctx"]["error"])
                problems.append(f"{name}: {rule}" if rule[:1].isupper() else f"{name} cannot be used: it {rule}.")
            case "literal_error":
                problems.append(f"{name} cannot be used: it is one of {detail['ctx']['expected']}.")
            case kind if kind in _SENTENCES:
                problems.append(f"{name} cannot be used: it {_SENTENCES[kind]}.")
            case _:
                # pydantic's own words name the limit, not the input.
                problems.append(f"{name} cannot be used: {detail['msg'][:1].lower()}{detail['msg'][1:]}.")
    return problems


def load_settings(**given: Any) -> Settings:
    """Read the settings of this process; `given` (from the command line) outweighs the environment and `.env`.

    Raises:
        SettingsError: with one sentence a problem, all of them at once, none with a value.
    """
    problems = _unknown_names(Path(ENV_FILE))
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise SettingsError(problems + _sentences(error)) from None
    if problems:
        raise SettingsError(problems)
    return settings
