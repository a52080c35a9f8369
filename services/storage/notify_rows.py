"""What an assessment means for people, written in its own transaction: cards, and texts that could be sent.

The last step before the commit that announces: a card or a text request exists exactly when what it is about was
announced. Only rows are written here; nobody is told anything before the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.addressee import Addressee
from services.contacts.cards import Card, cards_of
from services.contacts.decision import TextRequest
from services.contacts.news import URGENT
from services.contacts.news_cards import news_task
from services.contacts.news_said import withheld_until
from services.journeys.changes import Announcement
from services.provisions.working_days import WorkingDays
from services.storage.cards import (
    OpenCards,
    RaisedCard,
    close_cards,
    open_cards,
    plan_anew,
    raise_cards,
    raise_new_cards,
    readdress,
)
from services.storage.case_work import Work
from services.storage.differences import Difference
from services.storage.grade_rows import write_grade_cards
from services.storage.put_right_rows import close_put_right, raise_put_right
from services.storage.text_wishes import NO_ALERT, asked, write_requests
from services.storage.waiting_tasks import close_talked_over
from services.storage.withheld_tasks import keep_withheld, mark_withheld

_KNOWN_DAYS = WorkingDays()


async def write_cards_and_requests(
    conn: AsyncConnection,
    batch: Sequence[Difference],
    *,
    announce_from: datetime | None = None,
    texts_from: datetime | None = None,
    not_measured: frozenset[str] = frozenset(),
    days: WorkingDays = _KNOWN_DAYS,
) -> None:
    """Write the cards and text requests that these assessments call for; a ``Writer`` of ``services.assess_case``.

    ``announce_from`` is go-live: contacts before it are not asked about; ``texts_from`` is that of texts.
    ``not_measured`` are the rules and flags that no connected source could show to be met
    (``services.contacts.measured``): they raise no card. ``days`` are those of the rules in use, with the holidays
    proclaimed since this version.
    """
    works = {each.case_key: Work(each) for each in batch}
    # Texts before cards: whoever sends holds a text and then writes its card, and each would wait for the other.
    withdrawn = await write_requests(conn, list(works.values()), texts_from)
    opened = await open_cards(conn, works)
    await close_cards(conn, withdrawn, "it was told, or taken back")
    await raise_new_cards(
        conn, [work.raised(card) for work in works.values() for card in _tasks_at_once(work, announce_from)]
    )
    await keep_withheld(conn, works, opened)
    await raise_put_right(conn, list(works.values()))
    await close_put_right(conn, works, opened)
    await _write_announced_cards(conn, works.values(), opened, not_measured, days)
    await mark_withheld(conn, works)
    await write_grade_cards(conn, works.values(), opened, announce_from)
    await close_talked_over(conn, works, opened)
    await _readdress(conn, works, opened)


async def _readdress(conn: AsyncConnection, works: Mapping[bytes, Work], opened: Sequence[OpenCards]) -> None:
    """Give every open card of these cases to whoever looks after the victim now."""
    elsewhere: list[tuple[bytes, Addressee, bytes]] = []
    otherwise: list[tuple[bytes, str | None, bytes]] = []
    for alike in opened:
        work = works[alike.case_key]
        to = work.to(alike.duty_of, alike.for_officer, alike.victim_id)
        basis = work.plan_basis(to, alike.victim_id)
        if to.ref != alike.to.ref:
            elsewhere.extend((card.key, to, basis) for card in alike.cards)
        elif basis != alike.plan_basis or to.team != alike.to.team:
            otherwise.extend((card.key, to.team, basis) for card in alike.cards)
    await readdress(conn, elsewhere)
    await plan_anew(conn, otherwise)


async def _write_announced_cards(
    conn: AsyncConnection,
    works: Iterable[Work],
    opened: Sequence[OpenCards],
    not_measured: frozenset[str],
    days: WorkingDays,
) -> None:
    raised: list[RaisedCard] = []
    changed: list[RaisedCard] = []
    done: set[bytes] = set()
    kept: set[bytes] = set()
    about: dict[tuple[bytes, str], list[bytes]] = {}
    for alike in opened:
        for card in alike.cards:
            about.setdefault((alike.case_key, card.about), []).append(card.key)
    for work in works:
        owed = frozenset((each.rule, each.victim_id) for each in work.difference.assessment.obligations)
        for announcement in work.difference.aloud:
            if announcement.thing == "news":
                continue
            called_for = []
            if announcement.body.get("rule", announcement.body.get("kind")) not in not_measured:
                called_for = [work.raised(card) for card in _cards_of(work, announcement, owed, days)]
            (changed if work.difference.cause in NO_ALERT else raised).extend(called_for)
            kept.update(each.card.key(each.case_id) for each in called_for)
            done.update(about.get((work.difference.case_key, announcement.id), ()))
    await close_cards(conn, done - kept, "what it was about is done, or was taken back")
    await raise_cards(conn, raised)
    await raise_cards(conn, changed, only_change=True)


def _cards_of(
    work: Work, announcement: Announcement, owed: frozenset[tuple[str, str]], days: WorkingDays
) -> list[Card]:
    is_correction = work.difference.cause == "correction"
    return cards_of(announcement, owed, work.facts, days, work.now, is_correction=is_correction)


def _tasks_at_once(work: Work, announce_from: datetime | None) -> Iterator[Card]:
    """What no text waits for: news of an escape or a release, and what a record put right has made news of.

    What was recorded before go-live is shown and nobody's task.
    """
    if work.difference.cause in NO_ALERT:
        return
    is_correction = work.difference.cause == "correction"
    for each in work.difference.announcements:
        if each.thing == "news" and each.what == "news.to_tell" and (is_correction or each.body["type"] in URGENT):
            occurred_at = datetime.fromisoformat(each.body["occurred_at"])
            request = asked(work, each.body)
            if announce_from is not None and request.known_at < announce_from:
                continue
            withheld = _withheld(work, request)
            card = news_task(request, occurred_at, work.now, is_correction=is_correction, withheld=withheld)
            if card is not None:
                yield card


def _withheld(work: Work, request: TextRequest) -> tuple[bool, date | None]:
    happened = [fact for fact in work.record.happenings if fact.occurred_at <= work.now]
    named = (request.event_id, request.source)
    fact = next((each for each in happened if (each.id, each.source) == named), None)
    return (False, None) if fact is None else withheld_until(fact, request.victim_id, happened, work.now)
