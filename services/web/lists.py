"""The lists of a whole force: short on the first page, longer on a page of their own, with the same words on both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.projections.next_cards import read_next_cards
from services.projections.page import (
    Standing,
    read_aside,
    read_dead,
    read_duties,
    read_not_measured,
    read_problems,
)
from services.projections.people_list import read_people
from services.projections.shown import Listed
from services.projections.texts_shown import Fate, read_fate
from services.storage.vault import Vault
from services.web.viewing import Known, Viewer


class ListName(StrEnum):
    """Every list there is, as its address has it; in the order of the first page."""

    PEOPLE = "people"
    CARDS = "cards"
    OVERDUE = "overdue"
    NOT_LINKED = "not-linked"
    COMING = "coming"
    ADVISORIES = "advisories"
    NOT_MEASURED = "not-measured"
    BEFORE_GO_LIVE = "before-go-live"
    TEXTS_SENT = "texts-sent"
    TEXTS_WAITING = "texts-waiting"
    TEXTS_NOT_SENT = "texts-not-sent"
    DEAD = "dead"
    ASIDE = "aside"
    PROBLEMS = "problems"


@dataclass(frozen=True, slots=True)
class ListWords:
    """What a list is called, what is said of it, what is said where it is empty, and what is counted in it."""

    heading: str
    caption: str
    empty: str
    counted: str


WORDS: Final[Mapping[ListName, ListWords]] = {
    ListName.PEOPLE: ListWords(
        "Lists of people and units", "What cannot wait first", "Nobody has a card.", "lists of people and units"
    ),
    ListName.CARDS: ListWords(
        "Cards: what a person should do next",
        "What cannot wait, then by the moment to act by; one card for each victim of a case",
        "No card is open.",
        "cards open",
    ),
    ListName.OVERDUE: ListWords(
        "Overdue",
        "For supervisors: duties past their date and not met, the longest overdue first",
        "Nothing is overdue.",
        "overdue",
    ),
    ListName.NOT_LINKED: ListWords(
        "Not linked",
        "Past their date, and a later contact may have covered them: whoever made it is asked",
        "No duty waits for a contact to be linked.",
        "not linked",
    ),
    ListName.COMING: ListWords(
        "Owed, and not yet due", "Open duties, soonest first", "Nothing with a date is open.", "owed, not yet due"
    ),
    ListName.ADVISORIES: ListWords(
        "Advisories past their target date",
        "Targets that were not met; they are not rights",
        "No advisory is past its target date.",
        "past a target date",
    ),
    ListName.NOT_MEASURED: ListWords(
        "Not measured",
        "Rules that no connected source could show to be met: no card is raised for them, and no figure counts them",
        "Every rule is measured.",
        "rules not measured",
    ),
    ListName.BEFORE_GO_LIVE: ListWords(
        "From before go-live",
        "Fell due before go-live and not met: nobody was alerted",
        "Nothing open fell due before go-live.",
        "from before go-live",
    ),
    ListName.TEXTS_SENT: ListWords(
        "Texts sent", "Texts that went, or may have gone, the latest first", "No text was sent.", "texts sent"
    ),
    ListName.TEXTS_WAITING: ListWords(
        "Texts held, or to be decided",
        "Texts that wait, with why and until when",
        "No text is held.",
        "texts held or to be decided",
    ),
    ListName.TEXTS_NOT_SENT: ListWords(
        "Texts not sent",
        "Texts that were not sent, with why and what a person should do",
        "No text was kept from being sent.",
        "texts not sent",
    ),
    ListName.DEAD: ListWords(
        "Dead letters: records that could not be read",
        "Refused records nobody has dealt with, the latest first",
        "Every record could be read.",
        "dead letters",
    ),
    ListName.ASIDE: ListWords(
        "Cases set aside",
        "Cases that could not be assessed; they are shown as they last were",
        "No case is set aside.",
        "cases set aside",
    ),
    ListName.PROBLEMS: ListWords(
        "Problems of the record",
        "What was refused because it contradicts the record, the latest first",
        "No problem of the record is known.",
        "problems of the record",
    ),
}

_STANDING: Final = {
    ListName.OVERDUE: Standing.OVERDUE,
    ListName.NOT_LINKED: Standing.NOT_LINKED,
    ListName.COMING: Standing.COMING,
    ListName.ADVISORIES: Standing.ADVISORIES,
    ListName.BEFORE_GO_LIVE: Standing.BEFORE_GO_LIVE,
}
_FATES: Final = {
    ListName.TEXTS_SENT: Fate.SENT,
    ListName.TEXTS_WAITING: Fate.WAITING,
    ListName.TEXTS_NOT_SENT: Fate.NOT_SENT,
}
TEXTS: Final = frozenset(_FATES)
"""Lists of texts: above them it is said whether texts are paused, and whether they go anywhere at all."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Reads lists at one moment for one viewer."""

    conn: AsyncConnection
    now: datetime
    viewer: Viewer
    known: Known
    vault: Vault | None

    async def read(self, name: ListName, most: int) -> Listed[Any]:
        """Return the first rows of a list, and how many it has."""
        if name in _STANDING:
            return await read_duties(self.conn, _STANDING[name], most, self.known.not_measured)
        if name in _FATES:
            return await read_fate(self.conn, self.vault, _FATES[name], most)
        return await self._others[name](most)

    @property
    def _others(self) -> Mapping[ListName, Callable[[int], Awaitable[Listed[Any]]]]:
        conn, now, known = self.conn, self.now, self.known
        return {
            ListName.PEOPLE: lambda most: read_people(conn, most, now, self.viewer.ref, known.units),
            ListName.CARDS: lambda most: read_next_cards(conn, most, now),
            ListName.NOT_MEASURED: lambda most: read_not_measured(conn, known.not_measured, most),
            ListName.DEAD: lambda most: read_dead(conn, most),
            ListName.ASIDE: lambda most: read_aside(conn, most),
            ListName.PROBLEMS: lambda most: read_problems(conn, most),
        }
