"""What `waymark settings` shows: every setting, what it means and whether it is set; never a secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from infra.settings import Settings, variable


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as people see it; `now` is "(secret, set)" for a secret, so that none is ever shown."""

    name: str
    meaning: str
    default: str
    is_set: bool
    is_secret: bool
    now: str


def _words(value: Any) -> str:
    match value:
        case None | () | "":
            return "(unset)"
        case bool():
            return "true" if value else "false"
        case tuple():
            return ",".join(str(part) for part in value)
        case _:
            return str(value)


def describe(settings: Settings) -> list[SettingLine]:
    """Return a line for every setting, in the order of the class.

    The address of the database counts as a secret as a whole: it may carry a password.
    """
    lines = []
    for field_name, field in Settings.model_fields.items():
        value = getattr(settings, field_name)
        is_secret = "SecretStr" in str(field.annotation)
        is_set = field_name in settings.model_fields_set
        now = "(secret, set)" if isinstance(value, SecretStr) else _words(value)
        default = "(unset)" if field.default is PydanticUndefined else _words(field.default)
        lines.append(SettingLine(variable(field_name), field.description or "", default, is_set, is_secret, now))
    return lines
