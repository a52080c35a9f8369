"""Settings: what is refused, in which words, and that no value is ever repeated."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from infra.settings import PREFIX, Settings, SettingsError, load_settings, variable
from infra.settings_listing import describe

SECRET = "correct-horse-battery-staple-0123456789"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> list[str]:
    for name, value in values.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    return refused.value.problems


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()
    assert settings.data == Path(".waymark")
    assert settings.database_url is None
    assert settings.service is False


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("DATABASE_URL", "mysql://somebody@somewhere/x", "postgresql://"),
        ("DATABASE_URL", "hunter2-hunter2", "postgresql://"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka-one", "HOST:PORT"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092,,x", "HOST:PORT"),
        ("KAFKA_SECURITY_PROTOCOL", "HTTPS-PLEASE", "SASL_SSL"),
        ("KAFKA_SSL_CAFILE", "no-such-file.pem", "file that exists"),
        ("WEB_PORT", "99999", "65535"),
        ("WEB_PORT", "eighty-eighty", "whole number"),
        ("SERVICE", "perhaps", "true or false"),
        ("MASTER_KEY", "short-secret", "32 characters"),
        ("ANNOUNCE_FROM", "2026-11-11T14:21:00", "offset"),
        ("TEXTS_FROM", "next-week", "offset"),
        ("TEXTS_FROM", "2026-02-30", "does not exist"),
        ("PUBLIC_URL", "waymark.example", "https://"),
        ("PUBLIC_URL", "https://waymark.example/?token=abc", "https://"),
        ("TOPIC_PREFIX", "with space", "match"),
        ("LOG_LEVEL", "LOUD-LOUD", "WARNING"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_never_repeated(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    word: str,
) -> None:
    (problem,) = refusal(monkeypatch, **{name: value})
    assert problem.startswith(PREFIX + name)
    assert word in problem
    assert value not in problem


def test_a_misspelt_name_is_refused_and_the_likely_one_named(monkeypatch: pytest.MonkeyPatch) -> None:
    (problem,) = refusal(monkeypatch, TEXT_FROM=SECRET)
    assert "WAYMARK_TEXT_FROM" in problem
    assert "WAYMARK_TEXTS_FROM" in problem
    assert SECRET not in problem


def test_a_misspelt_name_in_the_env_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("WAYMARK_MASTERKEY=x\nOTHER_THING=1\n", "utf-8")
    with pytest.raises(SettingsError, match="WAYMARK_MASTER_KEY") as refused:
        load_settings()
    assert len(refused.value.problems) == 1


def test_the_env_file_is_read_and_the_environment_outweighs_it(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("WAYMARK_WEB_PORT=8181\nWAYMARK_TOPIC_PREFIX=dev.\n", "utf-8")
    monkeypatch.setenv("WAYMARK_WEB_PORT", "8282")
    settings = load_settings()
    assert settings.web_port == 8282
    assert settings.topic_prefix == "dev."
    assert load_settings(web_port=8383).web_port == 8383


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYMARK_DATABASE_URL", "")
    assert load_settings().database_url is None


def test_all_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = refusal(monkeypatch, WEB_PORT="x", LOG_LEVEL="y", NO_SUCH_THING="z")
    assert len(problems) == 3


def test_service_needs_its_own_servers_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = refusal(monkeypatch, SERVICE="true")
    assert [problem.split()[0] for problem in problems] == [
        "WAYMARK_DATABASE_URL",
        "WAYMARK_KAFKA_BOOTSTRAP_SERVERS",
        "WAYMARK_MASTER_KEY",
    ]


def test_a_simulated_clock_is_refused_in_service_only() -> None:
    load_settings().refuse_simulated_clock_in_service()
    service = load_settings(
        service=True,
        database_url="postgresql://waymark@db.example/waymark",
        kafka_bootstrap_servers="kafka.example:9092",
        master_key=SECRET,
    )
    with pytest.raises(SettingsError, match="--now"):
        service.refuse_simulated_clock_in_service()


def test_signing_in_to_kafka_needs_name_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = refusal(monkeypatch, KAFKA_SECURITY_PROTOCOL="SASL_SSL", KAFKA_SASL_USERNAME="waymark")
    assert [problem.split()[0] for problem in problems] == [
        "WAYMARK_KAFKA_SASL_MECHANISM",
        "WAYMARK_KAFKA_SASL_PASSWORD",
    ]


@pytest.mark.parametrize("senders", [{}, {"TWILIO_FROM": "+447700900123", "TWILIO_MESSAGING_SERVICE_SID": "MG1"}])
def test_twilio_needs_exactly_one_sender(monkeypatch: pytest.MonkeyPatch, senders: dict[str, str]) -> None:
    (problem,) = refusal(monkeypatch, TWILIO_ACCOUNT_SID="AC1", TWILIO_AUTH_TOKEN=SECRET, **senders)
    assert "WAYMARK_TWILIO_FROM" in problem


def test_a_go_live_date_is_its_first_moment_in_london(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYMARK_ANNOUNCE_FROM", "2026-07-01")
    monkeypatch.setenv("WAYMARK_TEXTS_FROM", "2026-07-01T09:00:00+01:00")
    settings = load_settings()
    assert settings.announce_from == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert settings.texts_from == datetime(2026, 7, 1, 8, tzinfo=UTC)


def test_connected_sources_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYMARK_SOURCES", "policing., contact.made.v1 ,")
    assert load_settings().sources == ("policing.", "contact.made.v1")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_every_way_to_write_a_postgresql_address_is_taken(scheme: str) -> None:
    url = load_settings(database_url=f"{scheme}://u:p@h:5432/d?sslmode=require").database_url
    assert url is not None
    assert url.get_secret_value() == "postgresql://u:p@h:5432/d?sslmode=require"


def test_no_secret_stands_in_what_is_shown_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYMARK_DATABASE_URL", f"postgresql://waymark:{SECRET}@db.example/waymark")
    monkeypatch.setenv("WAYMARK_MASTER_KEY", SECRET)
    monkeypatch.setenv("WAYMARK_KAFKA_SASL_PASSWORD", SECRET)
    monkeypatch.setenv("WAYMARK_TWILIO_AUTH_TOKEN", SECRET)
    monkeypatch.setenv("WAYMARK_CONTROL_ROOM", f"https://alerts.example/{SECRET}")
    monkeypatch.setenv("WAYMARK_ALERT_MAIL", f"mailtos://waymark:{SECRET}@mail.example")
    settings = load_settings()
    assert SECRET not in repr(settings)
    lines = describe(settings)
    assert SECRET not in repr(lines)
    assert [line.name for line in lines if line.is_secret] == [
        "WAYMARK_DATABASE_URL",
        "WAYMARK_KAFKA_SASL_PASSWORD",
        "WAYMARK_TWILIO_AUTH_TOKEN",
        "WAYMARK_MASTER_KEY",
        "WAYMARK_CONTROL_ROOM",
        "WAYMARK_ALERT_MAIL",
    ]
    assert all(line.is_set for line in lines if line.is_secret)


def test_no_value_stands_in_the_error_of_the_class_itself() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({"master_key": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_every_setting_is_listed_with_its_meaning_and_default() -> None:
    lines = {line.name: line for line in describe(load_settings())}
    assert set(lines) == {variable(name) for name in Settings.model_fields}
    assert all(line.meaning for line in lines.values())
    assert lines["WAYMARK_WEB_PORT"].default == "8080"
    assert not lines["WAYMARK_WEB_PORT"].is_set
