"""Log lines: what is dropped, where they go, and in which form."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import structlog

from infra.logging import configure_logging, drop_personal_keys


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_a_personal_key_is_dropped_at_any_depth_and_the_drop_is_told() -> None:
    line = drop_personal_keys(
        None,
        "info",
        {"event": "x", "Note": "words", "data": [{"number": "07700 900001", "case_id": "KP-1"}], "body": "b"},
    )
    assert line == {"event": "x", "data": [{"case_id": "KP-1"}], "dropped": ["body", "note", "number"]}


def test_a_line_without_personal_keys_stays_as_it_is() -> None:
    assert drop_personal_keys(None, "info", {"event": "x", "case_id": "KP-1"}) == {"event": "x", "case_id": "KP-1"}


def test_endless_nesting_ends() -> None:
    loop: dict[str, Any] = {}
    loop["again"] = loop
    assert "too deep" in repr(drop_personal_keys(None, "info", {"event": "x", "loop": loop}))


def test_a_line_is_json_on_stderr_with_the_bound_ids(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    with structlog.contextvars.bound_contextvars(case_id="KP-1"):
        structlog.stdlib.get_logger("waymark").info("case_assessed", note="words", obligations=3)
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "case_assessed",
        "level": "info",
        "logger": "waymark",
        "case_id": "KP-1",
        "obligations": 3,
        "dropped": ["note"],
    }


def test_a_librarys_lines_have_the_same_shape_and_lose_personal_extras(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    logging.getLogger("some.library").warning("took %s s", 3, extra={"number": "07700 900001"})
    (line,) = lines(capsys)
    assert line["event"] == "took 3 s"
    assert line["dropped"] == ["number"]
    assert "07700" not in json.dumps(line)


def test_a_traceback_shows_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")

    def fails(note: str) -> None:
        raise ValueError(f"a text of {len(note)} characters")

    try:
        fails("words that must not be logged")
    except ValueError:
        structlog.stdlib.get_logger("waymark").exception("case_set_aside", case_id="KP-1")
    (line,) = lines(capsys)
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "must not be logged" not in json.dumps(line)


def test_a_lower_level_than_asked_for_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("WARNING", "json")
    structlog.stdlib.get_logger("waymark").info("not_shown")
    assert lines(capsys) == []


def test_the_console_form_is_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "console")
    structlog.stdlib.get_logger("waymark").info("server_started", port=1, body="words")
    shown = capsys.readouterr().err
    assert "server_started" in shown
    assert "words" not in shown
    assert not shown.startswith("{")
