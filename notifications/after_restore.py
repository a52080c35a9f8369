"""Texts after a restore: whatever waits to be sent may have gone already, so it is given up, and a person is told.

A store that was restored has forgotten the texts it sent after its backup. Sent a second time they frighten, and show
somebody else that more is going on; not sent, a person rings. So nothing that was asked for before goes any more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from notifications.person_view import case_record
from notifications.tasks import raised_for, restored_task
from services.contacts.cards import text_task
from services.contacts.news import URGENT
from services.contacts.text_states import TextState
from services.storage.cards import raise_cards
from services.storage.people import facts_of_person
from services.storage.restores import close_restore, open_restore
from services.storage.texts import move, take_waiting

RULE: Final = "restored"
"""What is named as the reason, where a rule of the gate would stand."""

_WHY: Final = "it may have been sent after the backup was taken from which the database was restored"


async def finish_restore(conn: AsyncConnection) -> int:
    """End the open restore: give up every text that waits, each with a task for a person; return how many there were.

    Raises:
        RestoreError: if no restore is open, or cases still wait to be assessed.
    """
    restore = await open_restore(conn)
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    waiting = await take_waiting(conn)
    for text_id, request in waiting:
        await move(conn, text_id, TextState.SUPPRESSED, rule=RULE, why=_WHY)
        facts = await facts_of_person(conn, request.victim_id)
        case = case_record(request.case_id, facts.get(request.case_id, []))
        card = text_task(request, restored_task(request), RULE, now, urgent=request.type in URGENT)
        await raise_cards(conn, [raised_for(case, card, now)])
    await close_restore(conn, restore.number, len(waiting))
    return len(waiting)
