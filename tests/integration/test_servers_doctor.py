"""What the doctor finds, and that it says what to do about each fault."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from infra.doctor import Finding, examine
from infra.embedded.process import free_port
from infra.settings import Settings
from infra.topics import apply_topics
from tests.support.servers import settings_for

pytestmark = pytest.mark.servers


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


async def make_clock(settings: Settings, *, simulated: bool) -> None:
    assert settings.database_url is not None
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    await connection.execute("CREATE TABLE clock(simulated boolean)")
    await connection.execute("INSERT INTO clock VALUES ($1)", simulated)
    await connection.close()


async def test_a_healthy_machine_has_no_problem(server_settings: Settings) -> None:
    apply_topics(server_settings)
    await make_clock(server_settings, simulated=True)
    findings = await examine(server_settings)
    assert [finding for finding in findings if finding.state == "problem"] == []
    found = by_check(findings)
    assert found["database encoding"].says == "UTF8."
    assert found["clock"].says == "Simulated."
    assert found[f"topic {server_settings.topic_prefix}case.events"].state == "ok"


async def test_missing_tables_and_topics_come_with_the_command_that_makes_them(server_settings: Settings) -> None:
    found = by_check(await examine(server_settings))
    assert (found["schema"].state, found["schema"].do) == ("problem", "Run `waymark migrate`.")
    topic = found[f"topic {server_settings.topic_prefix}case.events"]
    assert (topic.state, topic.do) == ("problem", "Run `waymark topics apply`.")


async def test_a_simulated_clock_in_service_is_a_problem(server_settings: Settings) -> None:
    await make_clock(server_settings, simulated=True)
    service = server_settings.model_copy(update={"service": True, "master_key": SecretStr("k" * 32)})
    assert by_check(await examine(service))["clock"].state == "problem"


async def test_servers_that_do_not_answer_are_problems_and_no_password_is_shown(given_settings: Settings) -> None:
    port = free_port()
    settings = settings_for(given_settings, database_url=f"postgresql://w:hunter2@127.0.0.1:{port}/w").model_copy(
        update={"kafka_bootstrap_servers": f"127.0.0.1:{port}"},
    )
    findings = await examine(settings)
    found = by_check(findings)
    assert found["database"].state == "problem"
    assert f"postgresql://w@127.0.0.1:{port}/w" in found["database"].says
    assert found["kafka"].state == "problem"
    assert "hunter2" not in repr(findings)


async def test_without_any_server_it_says_how_to_start_them(given_settings: Settings, tmp_path: Path) -> None:
    settings = settings_for(given_settings, data=tmp_path / "none").model_copy(update={"kafka_bootstrap_servers": None})
    findings = await examine(settings)
    assert "waymark up" in by_check(findings)["servers"].do
    assert [finding for finding in findings if finding.state == "problem"] == []


async def test_a_full_disk_and_half_a_twilio_are_problems(
    given_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - the shape of what shutil returns
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 1 << 40, 1 << 20))
    settings = settings_for(given_settings, data=tmp_path).model_copy(
        update={"kafka_bootstrap_servers": None, "twilio_account_sid": "AC1"},
    )
    found = by_check(await examine(settings))
    assert found["disk"].state == "problem"
    assert "WAYMARK_PUBLIC_URL" in found["texts"].do
