"""Notes of contacts, composed from the grammar of `phrases`: what was told, what is awaited, or nothing at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from services.provisions.working_days import london_date
from services.simulator import assumptions as a
from services.simulator.casebook import Happening
from services.simulator.chance import Chance
from services.simulator.days import DAY, written
from services.simulator.phrases import NEWS, PHRASES

_SLOT: Final = re.compile(r"\{(\w+)\}")
_VICTIM: Final = (("VIC", 0.3), ("victim", 0.25), ("vic", 0.15), ("IP", 0.12), ("V", 0.05), ("the victim", 0.13))
_ROOM: Final = 3
"""At most so many pieces of news stand in one note; a longer list is summed up by the record's ``informed_of``."""


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[str, ...]:
    return tuple(_SLOT.split(text))


class Scribe:
    """One officer at the keyboard: their words for things, on one day."""

    def __init__(self, chance: Chance, at: datetime) -> None:
        self._chance, self._day = chance, london_date(at)
        self._style = chance.whole(0, 3)
        self._given: dict[str, str] = {"v": chance.of(_VICTIM)}

    def say(self, rule: str, given: Mapping[str, str] | None = None) -> str:
        """One way to say a rule of the grammar."""
        parts = _parts(self._chance.pick(PHRASES[rule]))
        if len(parts) == 1:
            return parts[0]
        said = list(parts)
        for place in range(1, len(parts), 2):
            name = parts[place]
            known = (given or {}).get(name) or self._given.get(name)
            said[place] = known if known is not None else self.say(name, given)
        return "".join(said)

    def ahead(self, days: int) -> str:
        """A day so many days ahead, as this officer writes dates."""
        return written(self._day + days * DAY, self._style)

    def by(self, day: date) -> dict[str, str]:
        """The day until which something is expected, for the grammar."""
        return {"by": written(day, self._style)}

    def when(self, at: datetime) -> str:
        """The day on which something happened, as one says it on the phone."""
        days = (self._day - london_date(at)).days
        if days <= 0:
            return self._chance.pick(("this morning", "today", "earlier today", "a short while ago"))
        if days == 1:
            return self._chance.pick(("yesterday", "last night", "yesterday afternoon"))
        return "on " + written(london_date(at), self._style)

    def news(self, told: Sequence[Happening]) -> list[str]:
        """What happened, in words: at most three pieces, the newest first in hurried notes."""
        said = []
        for each in told[-_ROOM:]:
            rule = NEWS[each.type]
            if rule == "released" and each.data.get("outcome") == "bail":
                rule = "released_bail"
            elif rule == "hearing":
                starts = written(london_date(datetime.fromisoformat(str(each.data["starts_at"]))), self._style)
                said.append(f"{self.say(rule, {'when': self.when(each.at)})}, {starts} 10am")
                continue
            said.append(self.say(rule, {"when": self.when(each.at)}))
        return said

    def opening(self, channel: str, *, inbound: bool = False) -> str:
        """How the note begins."""
        if inbound:
            return self.say("inbound")
        return self.say({"phone": "rang", "in_person": "met", "video": "video"}.get(channel, "spoke"))

    def real(
        self, channel: str, told: Sequence[Happening], extras: Sequence[str], *, first: bool, inbound: bool
    ) -> str:
        """A note of a contact in which something was told, arranged or answered."""
        pieces = [*self.news(told), *extras]
        if channel in {"sms", "email", "letter"}:
            text = ". ".join(_upper(each) for each in pieces)
            return self.say(
                channel if channel != "sms" else "text", {"news": text, "by": self.ahead(self._chance.whole(3, 14))}
            )
        start = self.say("first") if first else self.opening(channel, inbound=inbound)
        join = self._chance.pick((". ", ", ", " - ", ". "))
        body = join.join(_upper(each) if join == ". " else each for each in pieces)
        return f"{start}{self._chance.pick(('. ', ': ', ' - ', ', '))}{body}. {self.say('close')}".strip()

    def empty(self, channel: str) -> str:
        """A note of a contact in which nothing was told."""
        if channel in {"email", "letter", "sms"} and self._chance.yes(a.POLITE):
            return self.say("polite")
        pieces = [self.say("empty")]
        if self._chance.yes(a.EMPTY_TWICE):
            pieces.append(self.say("empty"))
        start = (
            f"{self.opening(channel)}{self._chance.pick(('. ', ', ', ' - '))}"
            if self._chance.yes(a.EMPTY_OPENS)
            else ""
        )
        return f"{start}{_upper('. '.join(pieces))}. {self.say('empty_more')}".strip()

    def step(self, by: date) -> str:
        """A step taken, an answer given, or what is awaited until when."""
        rule = self._chance.of(
            (("awaited", 0.4), ("support", 0.17), ("safety", 0.15), ("practical", 0.13), ("answered", 0.15))
        )
        return self.say(rule, self.by(by))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
