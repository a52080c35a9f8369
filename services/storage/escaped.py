"""Text that PostgreSQL refuses, kept all the same.

PostgreSQL stores neither NUL nor half a surrogate pair, and one such row would fail the five hundred beside it.
References inside ``data`` (a victim, a suspect) may hold both (events.md), so their columns are of this type.
"""

from __future__ import annotations

import re

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_STRANGE = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(\\|[0-9a-f]{4})")


def escape(text: str) -> str:
    r"""Return the text with NUL and lone surrogates as ``\xxxx`` (four hex digits), and a backslash doubled."""
    if not _STRANGE.search(text):
        return text
    return _STRANGE.sub(lambda found: "\\\\" if found[0] == "\\" else f"\\{ord(found[0]):04x}", text)


def unescape(text: str) -> str:
    """Return what ``escape`` was given."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: "\\" if found[1] == "\\" else chr(int(found[1], 16)), text)


class EscapedText(TypeDecorator[str]):
    """A text column for references from ``data``: any Python string goes in and comes out the same."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the base asks for it
        """Escape on the way in."""
        return None if value is None else escape(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the base asks for it
        """Undo it on the way out."""
        return None if value is None else unescape(value)
