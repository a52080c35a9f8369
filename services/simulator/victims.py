"""Invented victims: age, language, when and how they may be reached; the same person in every case of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.simulator import assumptions as a
from services.simulator import figures as f
from services.simulator.chance import Chance
from services.simulator.days import local
from services.simulator.officers import OFFICE, Officer

SEXUAL: Final = frozenset({"rape", "sexual_assault", "sexual_offence_other", "child_sexual_exploitation"})
AUTOMATIC: Final = SEXUAL | {"domestic_abuse", "coercive_control", "honour_based_abuse", "fgm", "forced_marriage"}
"""Offences whose victims have Enhanced Rights whatever the assessment says (victims-code.md, section 4.6)."""
FIRST_NUMBER: Final = 900_000
NUMBERS: Final = 900
"""Numbers of Ofcom's drama range that are given out; the last hundred are left for whoever plays with a demo."""
_ROOM: Final = 2
_FIRST_NAMES: Final = ("Sam", "Alex", "Jo", "Robin", "Ash", "Kit", "Lee", "Pat", "Chris", "Jules")
_COVERS: Final = ("a dentist's surgery", "a parcel service", "a friend from work", "the library", "a hairdresser")


@dataclass(frozen=True, slots=True)
class Victim:
    """One person and their terms; ``frequency`` is in days, 0 for only when something happens."""

    id: str
    number: int
    sex: str
    age: str
    language: str
    hours: tuple[int, int]
    sms: str
    voicemail: bool
    answers: float
    frequency: int
    channel: str

    @property
    def point(self) -> str:
        """The reference of the victim's own telephone in the vault."""
        return f"CP-{self.id[2:]}"

    def hours_of(self, officer: Officer) -> tuple[int, int]:
        """The London hours in which this officer can reach the victim: theirs, or the office's, by letter or e-mail."""
        if officer.works_office_hours and min(self.hours[1], OFFICE[1]) - max(self.hours[0], OFFICE[0]) < _ROOM:
            return OFFICE
        return self.hours


def victim_of(seed: int, number: int, letter: str, offence: str) -> Victim:
    """The person who is victim ``letter`` of case ``number``; the offence shapes age and sex, as the documents say."""
    chance = Chance(seed, "victim", number, letter)
    male = next((share for kind, share in f.MALE.value if kind == offence), 0.1)
    return Victim(
        id=f"V-{seed}-{number:06}{letter}",
        number=number,
        sex="male" if chance.falls(male) else "female",
        age=_age(chance, letter, offence),
        language=chance.weighted(f.LANGUAGES),
        hours=chance.pick(f.HOURS_SAFE.value),
        sms=chance.weighted(f.SMS_TERMS),
        voicemail=chance.yes(f.VOICEMAIL_AGREED),
        answers=chance.along(f.ANSWERS),
        frequency=chance.weighted(f.FREQUENCY),
        channel=chance.weighted(f.AGREED_CHANNEL),
    )


def terms_of(chance: Chance, victim: Victim, at: datetime) -> dict[str, Any]:
    """What a record of safe contact says of a victim."""
    data: dict[str, Any] = {
        "sms": victim.sms,
        "voicemail": victim.voicemail,
        "hours": [{"days": "mon-sun", "from": f"{victim.hours[0]:02}:00", "to": f"{victim.hours[1]:02}:00"}],
    }
    if chance.yes(f.SAFE_NOT_ON):
        data["not_on"] = [f"{at.date().replace(day=1 + chance.whole(0, 27)):%Y-%m-%d}"]
    return data


class Textable:
    """The newest victims who may be texted, at most 900, with the moment their terms were recorded.

    Ofcom's range for drama has a thousand numbers, nobody is texted on a number that two people share, and no other
    number may stand in an invented file. Victims under 18 are left out: they need an adult whom a person confirmed.
    """

    def __init__(self) -> None:
        self._newest: dict[str, tuple[Victim, datetime]] = {}

    def add(self, victim: Victim, at: datetime) -> None:
        """Take note of a victim; of more than 900 the one noted longest ago is let go."""
        if victim.age != "under_18" and victim.sms != "never":
            self._newest.pop(victim.id, None)
            self._newest[victim.id] = (victim, at)
            if len(self._newest) > NUMBERS:
                del self._newest[next(iter(self._newest))]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The lines of a people file, the header first."""
        yield (
            "victim_id", "contact_point_ref", "kind", "value", "belongs_to", "confirmed_by", "confirmed_at", "cover",
            "sender_name",
        )  # fmt: skip
        for place, (victim, at) in enumerate(self._newest.values()):
            number = FIRST_NUMBER + place
            is_discreet = victim.sms == "discreet"
            yield (
                victim.id, victim.point, "mobile", f"07700 {number}", "self", f"P-{1001 + victim.number % 40}",
                local(at), _COVERS[victim.number % len(_COVERS)] if is_discreet else "",
                _FIRST_NAMES[victim.number % len(_FIRST_NAMES)] if is_discreet else "",
            )  # fmt: skip


def people_rows(victims: Iterable[tuple[Victim, datetime]]) -> Iterator[tuple[str, ...]]:
    """The lines of a people file, the header first, for the newest of these victims (see ``Textable``)."""
    found = Textable()
    for victim, at in victims:
        found.add(victim, at)
    yield from found.rows()


def _age(chance: Chance, letter: str, offence: str) -> str:
    if letter == "B" and chance.yes(a.SECOND_CHILD):
        return "under_18"
    return chance.weighted(f.AGES_SEXUAL if offence in SEXUAL else f.AGES)
