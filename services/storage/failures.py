"""Telling failures of the database that pass by themselves from those that one row will cause again, and in words."""

from __future__ import annotations

import errno
from typing import Final

from sqlalchemy.exc import DBAPIError, PendingRollbackError

_PASSING_CLASSES: Final = ("08", "25", "40", "53", "55", "57", "58")
"""SQLSTATE classes: connection, transaction state, rollback (deadlock), resources, locks, intervention, system."""

_SERVER_CLASSES: Final = ("08", "53", "57P", "58")

_STORE_CLASSES: Final = ("0A", "28", "3D", "3F", "42")
"""SQLSTATE classes: a plan of another schema, sign-in, database, schema, missing tables, columns or rights."""

DISK_FULL: Final = (
    "The disk of the database is full: make room where PostgreSQL keeps its data. Nothing that was accepted is lost, "
    "and work goes on by itself once there is room."
)
_LOST: Final = "The connection to the database was lost."
FOLDER_FULL: Final = "The disk of the data folder is full: make room there, or choose another folder with --data."

_SAID: Final = {
    "53100": DISK_FULL,
    "53200": "The database has run out of memory; the same is tried again.",
    "53300": "The database takes no more connections: raise its max_connections or lower WAYMARK_DATABASE_POOL_SIZE.",
    "25006": "The database is read only: it is a standby, or set so. Point WAYMARK_DATABASE_URL at one that is not.",
    "57P01": "The database is stopping; the same is tried again.",
    "57P02": "The database is stopping; the same is tried again.",
    "57P03": "The database is starting, or mending itself after a crash; the same is tried again.",
    "57014": "The database ended a statement that took too long; the same is tried again.",
    "55P03": "The database waited too long for a lock; the same is tried again.",
}
"""What an on-call person reads, by SQLSTATE (PostgreSQL, appendix A)."""


def is_passing(failure: Exception) -> bool:
    """Tell whether the same work may succeed later, unchanged: the database was away, busy, full or locked.

    A database failure without a code of the database's own is one of the connection.
    """
    if not isinstance(failure, DBAPIError):
        return isinstance(failure, OSError)  # the address cannot be reached, or timed out
    state = getattr(failure.orig, "sqlstate", None)
    return failure.connection_invalidated or state is None or state.startswith(_PASSING_CLASSES)


def is_of_the_store(failure: DBAPIError) -> bool:
    """Tell whether the store is not what this version expects (not migrated, no rights): no row is at fault."""
    return (getattr(failure.orig, "sqlstate", None) or "").startswith(_STORE_CLASSES)


def is_of_the_server(failure: Exception) -> bool:
    """Tell whether the database itself is away or out of room or memory: nobody's row is at fault, all have to wait."""
    if not isinstance(failure, DBAPIError):
        return isinstance(failure, PendingRollbackError)  # what SQLAlchemy says on a connection it has just lost
    state = getattr(failure.orig, "sqlstate", None)
    return failure.connection_invalidated or state is None or state.startswith(_SERVER_CLASSES)


def in_words(failure: Exception) -> str:
    """Say a failure of the database, or of the disk, in a sentence for whoever is on call; it holds no value."""
    if isinstance(failure, DBAPIError):
        return _of_the_database(failure)
    if isinstance(failure, PendingRollbackError):
        return _LOST
    if isinstance(failure, OSError) and failure.errno == errno.ENOSPC:
        return FOLDER_FULL
    return "The database cannot be reached."


def _of_the_database(failure: DBAPIError) -> str:
    state = getattr(failure.orig, "sqlstate", None)
    if state in _SAID:
        return _SAID[state]
    if failure.connection_invalidated or state is None:
        return _LOST
    if is_of_the_store(failure):
        return f"The database is not as this version needs it (SQLSTATE {state}): `waymark migrate`, or see to rights."
    return f"The database refused (SQLSTATE {state})."
