"""The commands and settings that others rely on exist."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import typer

from infra.settings import Settings, variable
from services.cli.later import Later
from services.cli.main import build_app

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "up": ("--demo", "--port", "--data", "--now"),
    "time advance": ("--data",),
    "time show": ("--data",),
    "ingest": (),
    "clock": (),
    "relay": (),
    "notify": (),
    "web": (),
    "migrate": (),
    "topics apply": (),
    "doctor": (),
    "settings": (),
    "send": ("--wait", "--data"),
    "assess": ("--as-of", "--packs", "--now-known", "--json"),
    "case": ("--as-of", "--received-by", "--json", "--data"),
    "worklist": ("--officer", "--team", "--json", "--data"),
    "worklist acknowledge": ("--by", "--victim", "--data"),
    "worklist dispute": ("--by", "--data"),
    "texts list": ("--case", "--json", "--data"),
    "texts pause": ("--data",),
    "texts resume": ("--data",),
    "explain": ("--data",),
    "rules list": (),
    "rules show": (),
    "rules check": (),
    "rules coverage": (),
    "rules compare": (),
    "rules adopt": ("--dry-run", "--data"),
    "grade": ("--json",),
    "text preview": ("--victim", "--as-of", "--json"),
    "dead list": ("--data",),
    "dead show": ("--data",),
    "dead retry": ("--data",),
    "rebuild": ("--verify", "--data"),
    "ledger verify": ("--data",),
    "people import": ("--data",),
    "officers import": ("--data",),
    "report": ("--from", "--to", "--format"),
    "simulate": ("--cases", "--seed", "--until", "--officers", "--people"),
}
"""Every command of the surfaces, with the options it must take."""

SETTINGS = (
    "WAYMARK_DATABASE_URL",
    "WAYMARK_KAFKA_BOOTSTRAP_SERVERS",
    "WAYMARK_KAFKA_SECURITY_PROTOCOL",
    "WAYMARK_KAFKA_SASL_MECHANISM",
    "WAYMARK_KAFKA_SASL_USERNAME",
    "WAYMARK_KAFKA_SASL_PASSWORD",
    "WAYMARK_KAFKA_SSL_CAFILE",
    "WAYMARK_TWILIO_ACCOUNT_SID",
    "WAYMARK_TWILIO_AUTH_TOKEN",
    "WAYMARK_TWILIO_FROM",
    "WAYMARK_TWILIO_MESSAGING_SERVICE_SID",
    "WAYMARK_TWILIO_BASE_URL",
    "WAYMARK_PUBLIC_URL",
    "WAYMARK_MASTER_KEY",
    "WAYMARK_ANNOUNCE_FROM",
    "WAYMARK_TEXTS_FROM",
    "WAYMARK_SOURCES",
)


@cache
def the_command_line() -> Any:
    """Every command, as typer has made it."""
    return typer.main.get_command(build_app())


def command(name: str) -> Any:
    """The command of this name on the command line, or None."""
    found = the_command_line()
    for word in name.split():
        found = getattr(found, "commands", {}).get(word)
        if isinstance(found, Later):
            found = found.loaded()
    return found


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_exists_with_its_options(name: str) -> None:
    found = command(name)
    assert found is not None
    assert found.help
    assert set(COMMANDS[name]) <= {option for parameter in found.params for option in parameter.opts}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_exists(name: str) -> None:
    assert name in {variable(field) for field in Settings.model_fields}


def test_every_setting_says_what_it_means() -> None:
    assert not [name for name, field in Settings.model_fields.items() if not field.description]
