"""Telling failures of the database that pass by themselves from those that one row will cause again."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError

_PASSING_CLASSES: Final = ("08", "25", "40", "53", "55", "57", "58")
"""SQLSTATE classes: connection, transaction state, rollback (deadlock), resources, locks, intervention, system."""


def is_passing(failure: Exception) -> bool:
    """Tell whether the same work may succeed later, unchanged: the database was away, busy, full or locked.

    A database failure without a code of the database's own is one of the connection.
    """
    if not isinstance(failure, DBAPIError):
        return isinstance(failure, OSError)  # the address cannot be reached, or timed out
    state = getattr(failure.orig, "sqlstate", None)
    return failure.connection_invalidated or state is None or state.startswith(_PASSING_CLASSES)
