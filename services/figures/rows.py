"""What one case contributes to figures, as rows that are stored: small, without names, free words or event ids.

Written as arrays, so the order of fields is the form in which they are stored: whoever changes it raises ``VERSION``,
and every case is counted anew. ``person`` is an index into the people of the case; dates are London dates.
"""

from __future__ import annotations

from datetime import date

import msgspec

VERSION = 1
"""The form of these rows; rows of another form are as good as absent."""

NOT_RECORDED = "not recorded"


class Person(msgspec.Struct, frozen=True, array_like=True):
    """One victim in one case. ``victim`` is a hash that is the same in every case."""

    victim: str
    offence: str
    group: str
    sex: str
    age_band: str
    team: str
    officers: str
    """Whether a SOLO or a DALO was ever assigned: ``SOLO``, ``DALO``, ``SOLO and DALO`` or ``neither``."""
    reported_on: date | None
    automatic_on: date | None
    """When a report first gave Enhanced Rights by itself."""
    flagged_late: bool
    """Whether those were not written down in time (flag ``enhanced_flagged_late``)."""
    agreement: str
    """How often they want to hear, as last agreed: ``days``, ``long`` (over 42 days), ``only when something happens``
    or ``none``."""
    spoken: bool
    """Whether a conversation that reached them is recorded on the day of that agreement."""
    officers_met: int
    accounts: int
    solos: tuple[str, ...] = ()
    """Hashes of the SOLOs who have this live case now."""


class Duty(msgspec.Struct, frozen=True, array_like=True):
    """One obligation."""

    person: int
    rule: str
    pack: str
    right: int | None
    owner: str
    on: date
    due_on: date | None
    verdict: str
    state: str
    confidence: str
    met_on: date | None = None
    met_by: str | None = None
    """The type of what met it."""
    hours: float | None = None
    """Elapsed hours from its trigger until it was met."""
    days_late: int | None = None
    """Working Days after its date, where it was met late."""
    written_late: int | None = None
    """Calendar days after its date on which what met it in time was written down, where that was late."""
    is_thin: bool = False
    """Met by a contact without words."""
    is_text_alone: bool = False
    is_agreed: bool = False
    """An update period whose length was agreed."""
    may_be_excused: bool = False
    """A failure that can carry a good reason: it began from 29 January 2025."""
    reason: str | None = None
    reason_reviewed: bool = False


class Contact(msgspec.Struct, frozen=True, array_like=True):
    """One conversation, or attempt at one."""

    person: int
    on: date
    grade: str
    first_grade: str
    """The grader's, where a supervisor gave another."""
    agency: str
    channel: str
    in_hours: bool | None
    """Whether it fell into the hours recorded as safe; None where none held, or it has no hour (a letter)."""
    is_thin: bool
    starts_run: bool
    """The second tick-box contact of a run."""
    promised: date | None = None
    kept_on: date | None = None
    """The day of the next contact that reached the victim."""


class Withdrawal(msgspec.Struct, frozen=True, array_like=True):
    """Support for the prosecution withdrawn."""

    person: int
    on: date
    stage: str
    from_outset: bool
    days_since_contact: int | None
    outcome: str
    resumed: bool


class Closing(msgspec.Struct, frozen=True, array_like=True):
    """A decision to take no further action."""

    person: int
    on: date
    reason: str
    told: str
    """The verdict on telling them (``Verdict``), or ``not owed``."""
    review_explained: bool | None
    panel_reviewed: bool | None
    interviewed: bool
    days_from_report: int | None


class Referral(msgspec.Struct, frozen=True, array_like=True):
    """A referral to a service, and how long until it was in touch."""

    person: int
    on: date
    service: str
    days: int | None


class Survey(msgspec.Struct, frozen=True, array_like=True):
    """One answered survey."""

    person: int
    on: date
    overall: int | None
    respect: bool | None
    informed: bool | None
    again: bool | None


class Transfer(msgspec.Struct, frozen=True, array_like=True):
    """A file's way between police and CPS about one suspect; days of finished stays only."""

    on: date
    transfers: int
    police_days: int
    cps_days: int


class Happening(msgspec.Struct, frozen=True, array_like=True):
    """Something that is counted for the case as a whole, with days where it took time."""

    on: date
    what: str
    days: int | None = None


class CaseFigures(msgspec.Struct, frozen=True, array_like=True):
    """Everything one case contributes."""

    version: int
    people: tuple[Person, ...] = ()
    duties: tuple[Duty, ...] = ()
    contacts: tuple[Contact, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    closings: tuple[Closing, ...] = ()
    referrals: tuple[Referral, ...] = ()
    surveys: tuple[Survey, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    happenings: tuple[Happening, ...] = ()


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(CaseFigures).decode


def to_stored(figures: CaseFigures) -> bytes:
    """Return the rows as they are stored: equal rows give equal bytes."""
    return _encode(figures)


def from_stored(stored: bytes) -> CaseFigures:
    """Return the rows that were stored.

    Raises:
        msgspec.ValidationError: if they have another form than this version's.
    """
    return _decode(stored)


def days_of(figures: CaseFigures) -> tuple[date | None, date | None]:
    """Return the first and last day these rows say anything of; None for the last where they say something of today.

    A live case is part of its SOLO's load in every period; None for both where nothing is said of any day.
    """
    found = [each.on for each in figures.contacts]
    found += [each.on for each in figures.withdrawals]
    found += [each.on for each in figures.closings]
    found += [each.on for each in figures.referrals]
    found += [each.on for each in figures.surveys]
    found += [each.on for each in figures.transfers]
    found += [each.on for each in figures.happenings]
    found += [day for duty in figures.duties for day in (duty.on, duty.due_on) if day is not None]
    found += [each.promised for each in figures.contacts if each.promised is not None]
    found += [day for each in figures.people for day in (each.reported_on, each.automatic_on) if day is not None]
    if not found:
        return None, None
    return min(found), None if any(each.solos for each in figures.people) else max(found)
