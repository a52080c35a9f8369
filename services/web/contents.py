"""What each page is made of: read in the caller's transaction, with what a viewer may not see taken out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.cards import CardKind
from services.contacts.grade_cards import GRADED_FLAGS
from services.projections.case_page import CaseShown, read_case
from services.projections.page import cases_on
from services.projections.people_list import count_waiting, lists_of
from services.projections.person_cards import CardLine, PersonCard, cards_of_person
from services.projections.reasons import Reasons, reasons_of_case
from services.projections.restricted import Sight, sight_of
from services.projections.shown import COUNTED, ON_FRONT, SHOWN, Listed
from services.projections.texts_shown import are_paused, read_texts
from services.projections.worklist import WorklistItem, count_worklist, worklist
from services.storage.officers import officer_key
from services.storage.sets import is_among
from services.storage.tables import case_key, cases, victim_key
from services.storage.vault import Vault
from services.web.lists import TEXTS, WORDS, ListName, Lists
from services.web.shield import is_of_the_database
from services.web.showing import brief, key_url, person_key_url, person_url, slug
from services.web.viewing import Content, Known, Viewer

_log = structlog.get_logger(__name__)

_FOR_ONE_PERSON: Final = frozenset({CardKind.GRADE, CardKind.LINK})
_MAY_BE_OVERDUE: Final = frozenset({CardKind.APPROACHING, CardKind.OVERDUE, CardKind.REVIEW})
"""Kinds of which it can be said. A task takes the date of its duty, which another contact may have met meanwhile."""
_NOT_MET: Final = frozenset({"pending", "warned", "breached"})
_PEOPLE_ON_FRONT: Final = 24


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One card of a person's list as the page shows it; ``id`` stays the same while the card does.

    ``lines`` have been put in front of the person; ``coming`` wait for the list of a later shift. ``until`` is when the
    last of the lines was shown: what a button acknowledges is no more than that.
    """

    id: str
    card: PersonCard
    case_id: str
    case_key: bytes
    victim_id: str | None
    victim_hash: str
    lines: tuple[CardLine, ...]
    coming: tuple[CardLine, ...]
    until: str
    is_overdue: bool
    is_set_aside: bool
    is_hidden: bool
    may_acknowledge: bool
    may_dispute: bool


@dataclass(frozen=True, slots=True)
class CaseCard:
    """One line of the worklist of a case; ``id`` stays the same while the line does."""

    id: str
    case_id: str
    case_key: bytes
    victim_id: str | None
    at: datetime | None
    is_overdue: bool
    is_urgent: bool
    say: str
    to: str
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class Contents:
    """Makes the content of pages; ``vault`` None: the words of texts are not shown."""

    known: Known
    vault: Vault | None

    async def front(self, conn: AsyncConnection, viewer: Viewer, now: datetime) -> Content:
        """Return the first page: how much there is of everything, and the first rows of each list."""
        lists = Lists(conn, now, viewer, self.known, self.vault)
        read = {
            name: await lists.read(name, _PEOPLE_ON_FRONT if name is ListName.PEOPLE else ON_FRONT) for name in ListName
        }
        keys = cases_on(*(_with_cases(listed) for listed in read.values()))
        sight = await sight_of(conn, viewer.ref, keys)
        unplanned, waiting = await count_waiting(conn, now)
        values = {
            "lists": {name: sight.of(listed) for name, listed in read.items()},
            "words": WORDS,
            "names": ListName,
            "sight": sight,
            "own": None if viewer.is_local else viewer.name,
            "unplanned": unplanned,
            "waiting": waiting,
            "law": self.known.law,
            "paused": await are_paused(conn),
        }
        shown = [key for key in keys if sight.may_see(key)]
        return Content(
            "front_parts.html", "What is owed, and what to do next", "/", "/live", "front page", shown, values
        )

    async def a_list(self, conn: AsyncConnection, viewer: Viewer, now: datetime, name: ListName) -> Content:
        """Return the page of one list."""
        listed = await Lists(conn, now, viewer, self.known, self.vault).read(name, SHOWN)
        keys = cases_on(_with_cases(listed))
        sight = await sight_of(conn, viewer.ref, keys)
        values = {
            "name": name,
            "listed": sight.of(listed),
            "words": WORDS,
            "names": ListName,
            "sight": sight,
            "law": self.known.law,
            "paused": name in TEXTS and await are_paused(conn),
            "is_of_texts": name in TEXTS,
        }
        url = f"/lists/{name}"
        shown = [key for key in keys if sight.may_see(key)]
        return Content("list_parts.html", WORDS[name].heading, url, f"/live{url}", f"list {name}", shown, values)

    async def person(self, conn: AsyncConnection, viewer: Viewer, now: datetime, ref: str) -> Content | None:
        """Return the list of an officer or unit, one card a victim; None where the viewer may not look at it."""
        if viewer.ref is not None and not await lists_of(conn, viewer.ref, {ref}, self.known.units):
            return None
        listed = await cards_of_person(conn, ref, also_coming=True)
        keys = [case_key(card.case_id) for card in listed]
        sight = await sight_of(conn, viewer.ref, keys)
        found = [card for card in listed if case_key(card.case_id) not in sight.sealed]
        aside = {
            bytes(row.case_key)
            for row in await conn.execute(
                select(cases.c.case_key).where(is_among(cases.c.case_key, "keys"), cases.c.retry_at.is_not(None)),
                {"keys": sorted(set(keys))},
            )
        }
        is_own = viewer.answers_for(ref, self.known.units)
        made = [_shown_card(card, sight, aside, now, is_own=is_own) for card in found]
        to_do = sorted((card for card in made if card.lines), key=lambda shown: shown.card.order())
        coming = [card for card in made if card.coming and not card.is_hidden]
        values = {
            "cards": Listed(tuple(to_do[:SHOWN]), len(to_do)),
            "coming": Listed(tuple(coming[:SHOWN]), len(coming)),
            "waiting": sum(card.card.interrupts for card in to_do),
            "in_hand": sum(card.card.acknowledged for card in to_do),
            "ref": ref,
            "list_key": officer_key(ref).hex(),
            "law": self.known.law,
            "sight": sight,
            "is_own": is_own,
        }
        shown = [card.case_key for card in (*to_do[:SHOWN], *coming[:SHOWN]) if not card.is_hidden]
        heading = f"List of {brief(ref, 80)}"
        live = f"/live{person_key_url(ref)}"
        return Content(
            "person_parts.html", heading, person_url(ref), live, "person's list", list(dict.fromkeys(shown)), values
        )

    async def case(self, conn: AsyncConnection, viewer: Viewer, now: datetime, key: bytes) -> Content | None:
        """Return the page of a case, or None where no case has this key, or it is sealed; of a hidden one only that."""
        sight = await sight_of(conn, viewer.ref, [key])
        case = None if key in sight.sealed else await read_case(conn, key)
        if case is None:
            return None
        cards, cards_fail = await self._cards_of_case(conn, viewer, now, case.case_id)
        heading, url = f"Case {brief(case.case_id, 200)}", key_url(key)
        if not sight.may_see(key):
            values: dict[str, Any] = {"cards": cards, "sight": sight}
            what = "case page, restricted: not shown"
            return Content("case_hidden_parts.html", heading, url, f"/live{url}", what, [key], values)
        values = {
            "case": case,
            "duties": _sorted_out(case, self.known.not_measured),
            "made_at": {each.event_id: each.at for each in case.contacts.rows},
            "not_measured": self.known.not_measured,
            "cards": cards,
            "cards_fail": cards_fail,
            "reasons": await self._reasons(conn, case.case_id, key),
            "texts": await read_texts(conn, self.vault, key),
            "sight": sight,
            "law": self.known.law,
        }
        return Content("case_parts.html", heading, url, f"/live{url}", "case page", [key], values)

    async def _reasons(self, conn: AsyncConnection, case_id: str, key: bytes) -> Reasons:
        """Return good reasons for what is late; what fails in the facts hides nothing else here."""
        try:
            return await reasons_of_case(conn, case_id, key, self.known.rules)
        except Exception as failure:
            if is_of_the_database(failure):
                raise
            _log.error("good_reasons_not_shown", error=type(failure).__name__)
            return Reasons()

    async def _cards_of_case(
        self, conn: AsyncConnection, viewer: Viewer, now: datetime, case_id: str
    ) -> tuple[Listed[CaseCard], bool]:
        """Return the cards, and whether they could not be read: what fails in the facts hides nothing else here."""
        try:
            items = await worklist(conn, case_id=case_id, limit=SHOWN)
            total = len(items) if len(items) < SHOWN else await count_worklist(conn, COUNTED, case_id)
        except Exception as failure:
            if is_of_the_database(failure):
                raise
            _log.error("worklist_not_shown", error=type(failure).__name__)
            return Listed((), 0), True
        listed = case_cards(items, total, now)
        # What a grade says, and what is asked about a contact, is for whoever made it, not for a colleague.
        own = tuple(
            card
            for card, item in zip(listed.rows, items, strict=False)
            if viewer.is_local or not _is_for_one_person(item) or item.to == viewer.name
        )
        return replace(listed, rows=own, total=listed.total - len(listed.rows) + len(own)), False


@dataclass(frozen=True, slots=True)
class CaseDuties:
    """The duties of a case, each in one part; what is not measured stands outside of every count."""

    dated: Listed[Any]
    checklist: tuple[Any, ...]
    advisories: tuple[Any, ...]
    not_measured: tuple[Any, ...]
    open: int
    overdue: int
    not_linked: int


def _sorted_out(case: CaseShown, not_measured: frozenset[str]) -> CaseDuties:
    measured = [duty for duty in case.duties.rows if duty.rule not in not_measured]
    dated = [duty for duty in measured if not duty.advisory and duty.due_at is not None]
    dated.sort(key=lambda duty: duty.state not in _NOT_MET)
    late = [duty for duty in dated if duty.state == "breached" and not duty.quiet]
    return CaseDuties(
        dated=Listed(tuple(dated), len(dated) + case.duties.more),
        checklist=tuple(duty for duty in measured if not duty.advisory and duty.due_at is None),
        advisories=tuple(duty for duty in measured if duty.advisory),
        not_measured=tuple(duty for duty in case.duties.rows if duty.rule in not_measured),
        open=sum(duty.state in {"pending", "warned"} for duty in dated),
        overdue=sum(not duty.is_not_linked for duty in late),
        not_linked=sum(duty.is_not_linked for duty in late),
    )


def _shown_card(card: PersonCard, sight: Sight, aside: set[bytes], now: datetime, *, is_own: bool) -> ShownCard:
    key = case_key(card.case_id)
    lines = tuple(line for line in card.lines if line.shown_at is not None)
    shown_card = replace(card, lines=lines)
    shown = [line.shown_at for line in lines if line.shown_at is not None]
    return ShownCard(
        id=slug(repr((card.to, card.case_id, card.victim_id))),
        card=shown_card,
        case_id=card.case_id,
        case_key=key,
        victim_id=card.victim_id,
        victim_hash="" if card.victim_id is None else victim_key(card.victim_id).hex(),
        lines=lines,
        coming=tuple(line for line in card.lines if line.shown_at is None),
        until=max(shown).isoformat() if shown else "",
        is_overdue=any(_is_overdue(line, now) for line in lines),
        is_set_aside=key in aside,
        is_hidden=not sight.may_see(key),
        may_acknowledge=not shown_card.acknowledged and (is_own or shown_card.interrupts) and sight.may_see(key),
        may_dispute=is_own,
    )


def case_cards(items: list[WorklistItem], total: int, now: datetime) -> Listed[CaseCard]:
    """Return lines of the worklist for the page of a case; what is past its date now is overdue, whatever it was."""
    made = []
    alike: dict[str, int] = {}
    for item in items[:SHOWN]:
        name = slug(repr((item.kind, item.case_id, item.victim_id, item.rule, item.event_id, item.to)))
        alike[name] = nth = alike.get(name, 0) + 1
        card = CaseCard(
            id=name if nth == 1 else f"{name}-{nth}",
            case_id=item.case_id,
            case_key=case_key(item.case_id),
            victim_id=item.victim_id,
            at=item.due_at if _is_overdue(item, now) else item.act_by or item.due_at,
            is_overdue=_is_overdue(item, now),
            is_urgent=item.urgent,
            say=item.say,
            to=item.to,
            acknowledged_at=item.acknowledged_at,
            acknowledged_by=item.acknowledged_by,
        )
        made.append(card)
    return Listed(tuple(made), total)


def _is_for_one_person(item: WorklistItem) -> bool:
    # The review of a grade that somebody disputes is of no rule.
    is_of_a_grade = item.kind == CardKind.REVIEW and item.rule is None
    return item.kind in _FOR_ONE_PERSON or is_of_a_grade or item.rule in GRADED_FLAGS


def _is_overdue(line: CardLine | WorklistItem, now: datetime) -> bool:
    """Whether what a line asks for is past its date now, whatever the assessment last said."""
    return line.kind in _MAY_BE_OVERDUE and line.due_at is not None and line.due_at <= now and not line.is_target


def _with_cases(listed: Listed[Any]) -> list[Any]:
    return [row for row in listed.rows if hasattr(row, "case_key")]
