"""Every log event is named alike, holds nothing personal, and stands in docs/logs.md with what to do about it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.logging import PERSONAL_KEYS
from tests.code_health.own_files import python_files, text_of

LOGGERS = frozenset({"_log", "log", "logger", "_logger"})
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
PAST = frozenset(
    {"began", "found", "gave", "kept", "left", "lost", "made", "read", "seen", "sent", "set", "shown", "stood"}
)
"""Past forms that do not end in -ed."""

NEVER_A_KEY = PERSONAL_KEYS | {
    "address_of", "case_id", "cover", "message", "name", "reason", "says", "sentence", "subject", "text", "victim_id",
    "words",
}  # fmt: skip
"""Beside what the log drops by itself: texts that somebody wrote, and references that are not ours."""

_ROW = re.compile(r"^\| (?P<names>`[^|]+`) \| (?P<level>[a-z]+) \| ", re.MULTILINE)


@dataclass(frozen=True)
class LogCall:
    """One line of code that logs."""

    where: str
    level: str
    event: str | None
    keys: frozenset[str]
    further: int


def log_calls() -> Iterator[LogCall]:
    """Every call of a logger in what is shipped."""
    for path in python_files():
        if path.parts[0] in {"tests", "benchmarks"}:
            continue
        for node in ast.walk(ast.parse(text_of(path))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in LOGGERS
                and node.func.attr in LEVELS
            ):
                first = node.args[0] if node.args else None
                event = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
                keys = frozenset(each.arg or "**" for each in node.keywords)
                yield LogCall(f"{path}:{node.lineno}", node.func.attr, event, keys, len(node.args) - 1)


CALLS = tuple(log_calls())
WRITTEN = {
    name: match["level"]
    for match in _ROW.finditer(text_of(Path("docs/logs.md")))
    for name in re.findall(r"`([a-z_]+)`", match["names"])
}


def test_there_are_log_events_to_look_at() -> None:
    assert len(CALLS) > 20


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.where)
def test_a_log_event_is_a_name_in_the_past_tense_and_keys(call: LogCall) -> None:
    assert call.event is not None, f"{call.where}: the event is a text written there, not one put together"
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", call.event), call
    assert any(word.endswith("ed") or word in PAST for word in call.event.split("_")), f"{call.event}: not past tense"
    assert call.further == 0, f"{call.where}: what is said stands under keys"


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.where)
def test_a_log_event_has_no_key_that_could_hold_something_personal(call: LogCall) -> None:
    assert not call.keys & NEVER_A_KEY, call
    assert "**" not in call.keys, f"{call.where}: keys are written where they are logged"


def test_every_log_event_stands_on_the_page_of_log_events_with_its_level() -> None:
    logged = {call.event: call.level for call in CALLS}
    assert logged == WRITTEN


def test_one_event_has_one_level() -> None:
    levels: dict[str | None, set[str]] = {}
    for call in CALLS:
        levels.setdefault(call.event, set()).add(call.level)
    assert not {event for event, found in levels.items() if len(found) > 1}
