"""What a person answers on a page: that a card is in hand, that a grade is wrong, or that it stands. Nothing else.

Who answers is who is signed in; on this machine it is written down as `local`. Forms name people and events by hashes:
a reference may hold what no form can carry.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.projections.people_list import UNITS, ref_of
from services.projections.restricted import sight_of
from services.storage.access_log import log_looks
from services.storage.card_answers import acknowledge, dispute, uphold
from services.storage.tables import victim_key
from services.storage.tables_notify import cards
from services.web.guard import malformed
from services.web.showing import person_url
from services.web.viewing import Viewer

_OTHERS: Final = (
    "This card is on another person's list, so nothing was changed. Whoever it is for can answer it; one that cannot "
    "wait can be acknowledged by anybody."
)
_RESTRICTED: Final = (
    "This case is restricted and you are not named as one who may see it, so nothing was changed: whoever answers a "
    "card has to know what it asks. Tell the officer in charge, or the duty supervisor, that it waits."
)
_HASH: Final = 64
_OnGrade = Callable[..., Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A pressed button: of which case (by key), by whom, and what the form said."""

    key: bytes
    viewer: Viewer
    form: Mapping[str, str]


class Answers:
    """Writes down what people answer, and who."""

    def __init__(self, engine: AsyncEngine, units: frozenset[str] = UNITS) -> None:
        self._engine = engine
        self._units = units

    async def acknowledge(self, answer: Answer) -> str:
        """Write down that a card is in hand; return the address of the list to go back to.

        Only what was on the page is acknowledged: what was shown later makes the card new.

        Raises:
            HTTPException: 400 where the form is not ours; 403 where the card is somebody else's and can wait, or of a
                case that the viewer may not see.
        """
        shown_until = _moment(answer.form)
        async with self._engine.begin() as conn:
            await _refuse_unseen(conn, answer)
            case_id, rows = await _open_of(conn, answer.key)
            victim = _victim(answer.form, rows)
            ref, whose = await self._list_of(conn, answer)
            done = await acknowledge(
                conn,
                case_id,
                answer.viewer.name,
                victim,
                on_list_of=whose or answer.viewer.name,
                is_one_card=True,
                shown_until=shown_until,
            )
            # Acknowledged already, by a second press or somebody else: there is nothing to refuse.
            if not done and whose is None:
                raise HTTPException(403, _OTHERS)
            await log_looks(conn, answer.viewer.name, "card acknowledged", [answer.key])
        return person_url(ref)

    async def dispute(self, answer: Answer) -> str:
        """Write down that the grade of a contact is wrong, for the supervisor; return the address to go back to.

        Raises:
            HTTPException: 400 where the form is not ours; 403 where the card is somebody else's, or of a case that
                the viewer may not see.
        """
        return await self._on_grade(answer, dispute, "grade disputed")

    async def uphold(self, answer: Answer) -> str:
        """Write down that a supervisor has read the record and the grade stands; return the address to go back to.

        Raises:
            HTTPException: as with a dispute.
        """
        return await self._on_grade(answer, uphold, "grade upheld")

    async def _on_grade(self, answer: Answer, write: _OnGrade, what: str) -> str:
        async with self._engine.begin() as conn:
            await _refuse_unseen(conn, answer)
            case_id, rows = await _open_of(conn, answer.key)
            digest = answer.form.get("event", "")
            events = {row.event_id for row in rows if row.event_id is not None}
            event_id = next((each for each in events if victim_key(each).hex() == digest), None)
            if event_id is None:
                raise malformed()
            ref, whose = await self._list_of(conn, answer)
            if whose is None:
                raise HTTPException(403, _OTHERS)
            await write(conn, case_id, event_id, answer.viewer.name, on_list_of=whose)
            await log_looks(conn, answer.viewer.name, what, [answer.key])
        return person_url(ref)

    async def _list_of(self, conn: AsyncConnection, answer: Answer) -> tuple[str, str | None]:
        """Return whose list this is, twice; the second is None where the viewer may not answer for that list."""
        try:
            key = bytes.fromhex(answer.form.get("list", ""))
        except ValueError:
            raise malformed() from None
        ref = await ref_of(conn, key, self._units) if len(key) * 2 == _HASH else None
        if ref is None:
            raise malformed()
        return ref, ref if answer.viewer.answers_for(ref, self._units) else None


async def _refuse_unseen(conn: AsyncConnection, answer: Answer) -> None:
    """Let nobody answer what is not shown to them: it would silence a card that nobody has read."""
    if not (await sight_of(conn, answer.viewer.ref, [answer.key])).may_see(answer.key):
        raise HTTPException(403, _RESTRICTED)


async def _open_of(conn: AsyncConnection, key: bytes) -> tuple[str, list[Any]]:
    """Return the id of a case and its cards: that a card was closed meanwhile is no fault of whoever pressed."""
    rows = (
        await conn.execute(select(cards.c.case_id, cards.c.victim_id, cards.c.event_id).where(cards.c.case_key == key))
    ).all()
    if not rows:
        raise malformed()
    return rows[0].case_id, list(rows)


def _victim(form: Mapping[str, str], rows: list[Any]) -> str | None:
    digest = form.get("victim")
    if digest is None:
        raise malformed()
    if not digest:
        return None
    people = {row.victim_id for row in rows if row.victim_id is not None}
    found: str | None = next((each for each in people if victim_key(each).hex() == digest), None)
    if found is None:
        raise malformed()
    return found


def _moment(form: Mapping[str, str]) -> datetime:
    try:
        moment = datetime.fromisoformat(form.get("until", ""))
    except ValueError:
        raise malformed() from None
    if moment.tzinfo is None:
        raise malformed()
    return moment
