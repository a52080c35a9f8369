"""The run file and its lock: one `waymark up` a folder, found while it lives and not a moment longer."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from infra.running import (
    AlreadyRunningError,
    NothingRunningError,
    Running,
    announce,
    find_running,
    holding,
    with_servers,
)
from infra.settings import Settings
from tests.support.servers import settings_for

UP = Running(
    pid=1,
    started_at="2026-11-20T12:00:00+00:00",
    web="http://127.0.0.1:8080",
    kafka="127.0.0.1:9092",
    database="postgresql://waymark@127.0.0.1:54320/waymark",
    has_embedded_kafka=True,
)

HOLD_AND_SAY_SO = (
    "import sys, time; from pathlib import Path; from infra.running import Running, announce, holding\n"
    "with holding(Path(sys.argv[1])):\n"
    "    announce(Path(sys.argv[1]), Running(1, '', 'http://x', 'k:1', 'postgresql://d/w', True))\n"
    "    sys.stdout.write('held\\n'); sys.stdout.flush(); time.sleep(60)"
)


def settings_in(given: Settings, data: Path) -> Settings:
    return settings_for(given, data=data).model_copy(update={"kafka_bootstrap_servers": None})


def test_a_running_one_is_found_and_gone_when_it_ends(tmp_path: Path) -> None:
    assert find_running(tmp_path) is None
    with holding(tmp_path):
        assert find_running(tmp_path) is None
        announce(tmp_path, UP)
        assert find_running(tmp_path) == UP
        mode = (tmp_path / "running.json").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    assert find_running(tmp_path) is None
    assert not (tmp_path / "running.json").exists()


def test_a_second_one_in_the_same_folder_is_refused_and_the_first_stays_known(tmp_path: Path) -> None:
    with holding(tmp_path):
        announce(tmp_path, UP)
        with pytest.raises(AlreadyRunningError, match="--data"), holding(tmp_path):
            pass
        assert find_running(tmp_path) == UP


def test_what_a_killed_one_left_is_not_believed_and_does_not_stop_the_next(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD_AND_SAY_SO, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:  # noqa: S603 - ours
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert find_running(tmp_path) is not None
        other.kill()
    assert (tmp_path / "running.json").exists()
    assert find_running(tmp_path) is None
    with holding(tmp_path):
        assert find_running(tmp_path) is None


def test_the_servers_of_a_running_one_fill_what_is_not_set(tmp_path: Path, given_settings: Settings) -> None:
    settings = settings_in(given_settings, tmp_path)
    with pytest.raises(NothingRunningError, match="WAYMARK_DATABASE_URL and WAYMARK_KAFKA_BOOTSTRAP_SERVERS are"):
        with_servers(settings)
    with pytest.raises(NothingRunningError, match="WAYMARK_DATABASE_URL is not set"):
        with_servers(settings, needs_kafka=False)
    with holding(tmp_path):
        announce(tmp_path, UP)
        found = with_servers(settings)
        assert found.kafka_bootstrap_servers == UP.kafka
        assert found.kafka_idempotence is False
        assert found.database_url is not None
        assert found.database_url.get_secret_value() == UP.database
        own = settings.model_copy(update={"kafka_bootstrap_servers": "kafka.example:9092"})
        assert with_servers(own).kafka_bootstrap_servers == "kafka.example:9092"
        assert with_servers(own).kafka_idempotence is settings.kafka_idempotence


def test_settings_that_name_both_servers_need_nothing_running(tmp_path: Path, given_settings: Settings) -> None:
    settings = settings_for(given_settings, data=tmp_path, database_url="postgresql://d.example/w").model_copy(
        update={"kafka_bootstrap_servers": "k.example:9092"},
    )
    assert with_servers(settings) == settings
