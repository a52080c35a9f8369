"""One case while it is being invented: its events, its people, and how each event gets its id and recording time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.simulator import figures as f
from services.simulator.chance import Chance
from services.simulator.days import plus
from services.simulator.officers import Force, Officer
from services.simulator.victims import Victim

RMS: Final = "/kent/rms"
CPS: Final = "/cps/casework"
COURT: Final = "/courts/results"
WCU: Final = "/kent/witness-care"
SUPPORT: Final = "/support/kent"
PROBATION: Final = "/probation/contact-scheme"
AGENCIES: Final = {
    RMS: "police", CPS: "cps", COURT: "court", WCU: "wcu", SUPPORT: "support", PROBATION: "probation",
}  # fmt: skip
_TYPED: Final = frozenset({RMS, WCU, SUPPORT})
"""Sources whose records people type; the others send them by machine."""


@dataclass(slots=True)
class Happening:
    """One event before it is written: when it happened, when it was recorded, and its data."""

    id: str
    source: str
    type: str
    at: datetime
    recorded: datetime
    data: dict[str, Any]


@dataclass(slots=True)
class Suspect:
    """One suspect and where they stand."""

    ref: str
    charged: Happening | None = None


@dataclass(slots=True)
class Case:
    """A case being invented. ``horizon`` is the end of the simulated time: nothing after it is told of."""

    id: str
    seed: int
    number: int
    chance: Chance
    force: Force
    start: datetime
    horizon: datetime
    offence: str
    domestic: bool
    outcome: str
    is_carried: bool
    division: str
    victims: list[Victim] = field(default_factory=list)
    reported: list[datetime] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    events: list[Happening] = field(default_factory=list)
    carers: list[tuple[datetime, Officer]] = field(default_factory=list)
    oic: Officer | None = None
    wcu: Officer | None = None
    high_risk: bool = False
    ends: datetime | None = None
    waived: dict[str, tuple[datetime, datetime | None]] = field(default_factory=dict)
    frequencies: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    withdrawn: dict[str, datetime] = field(default_factory=dict)
    terms_at: dict[str, datetime] = field(default_factory=dict)
    phones: int = 0

    def add(
        self,
        at: datetime,
        name: str,
        data: dict[str, Any] | None = None,
        *,
        victim: Victim | None = None,
        source: str = RMS,
        by: Officer | None = None,
        prompt: bool = False,
    ) -> Happening:
        """Note that something happened; ``prompt`` is for what is recorded as it is done (a call handler's report)."""
        at = at.replace(microsecond=0)
        content: dict[str, Any] = {} if victim is None else {"victim_id": victim.id}
        if data:
            content |= data
        content["agency"] = AGENCIES[source] if name != "contact.made" or source != SUPPORT else "police"
        if by is not None:
            content["recorded_by"] = {"role": by.role, "officer_ref": by.ref}
        recorded = at if prompt else plus(at, self._typing(source))
        happening = Happening(f"{self.id}-{len(self.events) + 1:03}", source, f"{name}.v1", at, recorded, content)
        self.events.append(happening)
        return happening

    def _typing(self, source: str) -> float:
        if source in _TYPED:
            if self.chance.yes(f.TYPED_VERY_LATE):
                return self.chance.along(f.VERY_LATE_DAYS)
            return self.chance.along(f.TYPED_DAYS)
        return self.chance.along(f.FED_DAYS)

    def carer(self, at: datetime) -> Officer | None:
        """Who looks after the victim at a moment: SOLO, else DALO, else the officer in charge."""
        found = {officer.role: officer for since, officer in self.carers if since <= at}
        return found.get("SOLO") or found.get("DALO") or found.get("OIC") or self.oic

    def last_word(self, at: datetime) -> None:
        """The case ended for its victims at this moment."""
        self.ends = at if self.ends is None else max(self.ends, at)

    def suspect_of(self, index: int) -> dict[str, Any]:
        """The reference of a suspect, as data."""
        return {"suspect_ref": self.suspects[index].ref}


def of_type(events: Sequence[Happening], *names: str) -> list[Happening]:
    """The events of some types, named without their version, in the order they were noted."""
    wanted = tuple(f"{name}.v1" for name in names)
    return [each for each in events if each.type in wanted]
