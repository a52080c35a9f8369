"""From which number on announcements are counted: a restored store must not use a number twice.

What it announced after its backup was taken it has forgotten, and what it announces now is other content. So every
restore moves the count of every case, also of those that are new, to the next multiple of ``SEQUENCE_STEP``.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from services.storage.tables import cases
from services.storage.tables_restores import restores

SEQUENCE_STEP: Final = 1_000_000_000
"""More announcements than any case has."""

_restored = select(func.coalesce(func.max(restores.c.number), 0) * SEQUENCE_STEP).scalar_subquery()

TOLD = func.greatest(cases.c.told, _restored).label("told")
"""How many announcements a case is to count as made: those it made, or what restores have moved it to."""
