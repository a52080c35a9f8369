"""Puts planned items in front of their people: lists at the start of a shift, and interruptions, which may go on.

What is shown is a row (a notice), written with the items it shows in one transaction; delivering it comes after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.contacts.addressee import Addressee
from services.contacts.cards import Card, CardKind
from services.contacts.news import URGENT
from services.contacts.planning import goes_on_to
from services.contacts.safe_hours import LONDON
from services.storage.card_answers import TEST_CASE
from services.storage.card_shows import (
    CONTROL_ROOM,
    LAST_STEP,
    Shown,
    about_events_of,
    mark_escalated,
    mark_shown,
    take_to_escalate,
    take_to_show,
)
from services.storage.cards import RaisedCard, raise_new_cards
from services.storage.notices import NoticeKind, put_notices
from services.storage.officers import load_roster
from services.storage.sight import kept_of
from services.storage.tables import case_key
from services.storage.tables_notify import cards

_Notice = tuple[NoticeKind, str, Sequence[Shown]]

_TEST_DAY: Final = 0
_TEST_FROM, _TEST_UNTIL = 10, 16
"""London hours on Mondays between which the weekly test is made: later than that it would test nothing."""

_TEST_SAYS: Final = (
    "This is the weekly test of alerts, with an invented case. Please acknowledge it: if nobody does within 15 minutes "
    "it goes to the duty supervisor, then to the control room."
)


async def show_items(engine: AsyncEngine, cover: str) -> int:
    """Put what is due in front of people; return how many notices that made.

    Of an escape or a release two are paged at once, whatever the hour: whoever looks after the victim, or stands in for
    them now, and a supervisor (texts-to-victims.md).
    """
    async with engine.begin() as conn:
        now = await _now(conn)
        items = await take_to_show(conn, now)
        if not items:
            return 0
        await mark_shown(conn, [each.card_key for each in items], now)
        made = [*_notices(items), *await _also_paged(conn, items, cover, now)]
        return await put_notices(conn, made, now)


async def escalate_items(engine: AsyncEngine, cover: str) -> int:
    """Send interruptions on that nobody acknowledged: to a supervisor, then to the control room; return how many."""
    async with engine.begin() as conn:
        now = await _now(conn)
        items = await take_to_escalate(conn, now)
        if not items:
            return 0
        roster = await load_roster(conn, cover, now)
        kept = await kept_of(conn, {each.case_key for each in items}, now)
        made: list[_Notice] = []
        for group in _grouped(items, lambda each: (each.to, each.case_id, each.victim_id, each.escalated)):
            first, to = group[0], None
            if first.escalated + 1 < LAST_STEP:
                to = goes_on_to(first.to, first.team, kept.allowed.get(first.case_key), roster, now)
            kind, step = (NoticeKind.ESCALATION, first.escalated + 1) if to else (NoticeKind.LAST_RESORT, LAST_STEP)
            await mark_escalated(conn, [each.card_key for each in group], to, step, now)
            made.append((kind, to or CONTROL_ROOM, group))
        return await put_notices(conn, made, now)


async def raise_weekly_test(engine: AsyncEngine, cover: str, announce_from: datetime | None) -> bool:
    """Raise the week's test on Monday morning, once; last week's, if nobody acknowledged it, is over."""
    async with engine.begin() as conn:
        now = await _now(conn)
        local = now.astimezone(LONDON)
        if local.weekday() != _TEST_DAY or not _TEST_FROM <= local.hour < _TEST_UNTIL:
            return False
        if announce_from is not None and now < announce_from:
            return False
        about = f"weekly test of {local:%G-W%V}"
        known = select(cards.c.card_key).where(cards.c.case_key == case_key(TEST_CASE), cards.c.about == about)
        if (await conn.execute(known)).first() is not None:
            return False
        await conn.execute(
            update(cards)
            .where(cards.c.case_key == case_key(TEST_CASE), cards.c.closed_at.is_(None))
            .values(closed_at=now, closed_because="the next weekly test began")
        )
        card = Card(CardKind.TASK, about, None, None, None, None, _TEST_SAYS, now, urgent=True)
        await raise_new_cards(conn, [RaisedCard(case_key(TEST_CASE), TEST_CASE, card, Addressee(cover))])
        return True


async def _also_paged(conn: AsyncConnection, items: Sequence[Shown], cover: str, now: datetime) -> list[_Notice]:
    """Page a supervisor of each escape or release as well, and return the notices."""
    keys = await about_events_of(conn, (each for each in items if each.interrupts), URGENT)
    if not keys:
        return []
    paged = [each for each in items if each.card_key in keys]
    roster = await load_roster(conn, cover, now)
    kept = await kept_of(conn, {each.case_key for each in paged}, now)
    made: list[_Notice] = []
    for group in _grouped(paged, lambda each: (each.to, each.case_id, each.victim_id)):
        first = group[0]
        to = goes_on_to(first.to, first.team, kept.allowed.get(first.case_key), roster, now)
        if to is not None:
            await mark_escalated(conn, [each.card_key for each in group], to, 1, now)
            made.append((NoticeKind.ESCALATION, to, group))
    return made


def _notices(items: Sequence[Shown]) -> Iterator[_Notice]:
    """Yield one list a person, and one interruption a person and victim of a case."""
    for group in _grouped(
        (each for each in items if each.interrupts), lambda each: (each.to, each.case_id, each.victim_id)
    ):
        yield NoticeKind.INTERRUPTION, group[0].to, group
    for group in _grouped((each for each in items if not each.interrupts), lambda each: (each.to,)):
        yield NoticeKind.LIST, group[0].to, group


def _grouped(items: Iterable[Shown], by: Callable[[Shown], tuple[object, ...]]) -> list[list[Shown]]:
    groups: dict[tuple[object, ...], list[Shown]] = {}
    for each in items:
        groups.setdefault(by(each), []).append(each)
    return list(groups.values())


async def _now(conn: AsyncConnection) -> datetime:
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    return now
