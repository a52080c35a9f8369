"""A force's cases by seed: whole journeys, from the report to the sentence or to no further action, each another.

Every shape of rule is met by some of them, also late, wrongly recorded, put right and waived. Times lie at 10 to 50
minutes past an hour, so that no limit counted in hours runs out within ten minutes of a full hour.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from tests.support.app import NOW, event

_LONGEST_AGO_DAYS: Final = 300
_MOST_DAYS: Final = 40
_OLD: Final = 0.35
"""How many cases are older than the most: old ones have come to court, and cost the most time."""

_NOT_YET: Final = timedelta(days=3)
"""Some events are known before they happen; none much before."""

_NOTES: Final = (
    "Rang and told that the suspect was bailed until 12 January with conditions. Next call on Friday.",
    "Told of the decision and why, and how to ask for a review. Will ring again on Monday.",
    "No update. VCOP compliant.",
    "Called. No change, will call in 28 days.",
)
_OFFENCES: Final = ("rape", "sexual_assault", "stalking", "domestic_abuse", "harassment", "assault", "other")
_SERVICES: Final = ("victim_support", "isva", "idva", "isac", "sarc", "other")


def force_cases(seed: int, count: int, prefix: str = "KP") -> Iterator[list[dict[str, Any]]]:
    """Return the events of ``count`` cases, case by case, in an order of arrival of their own; the same for a seed."""
    for number in range(count):
        yield _Story(random.Random(f"{seed}/{number}"), f"{prefix}-{seed}-{number}").told()  # noqa: S311 - a test's


class _Story:
    """One case as it goes on; ``self._at`` is the moment it has come to."""

    def __init__(self, rng: random.Random, case: str) -> None:
        self._rng = rng
        self._case = case
        self._victims = [f"V-{case}-{number}" for number in range(1 if rng.random() < 0.85 else 2)]
        self._suspect = "S-1"
        self._at = NOW - timedelta(days=rng.randint(1, _LONGEST_AGO_DAYS if rng.random() < _OLD else _MOST_DAYS))
        self._events: list[dict[str, Any]] = []

    def told(self) -> list[dict[str, Any]]:
        """Return the case's events; a few arrive late, and some are put right."""
        self._report()
        for part in (self._support, self._evidence, self._safety, self._suspects, self._voice):
            part()
        for end in self._rng.choices(
            ([self._no_further_action], [self._prosecution, self._court], [self._prosecution], []), (3, 4, 2, 2)
        )[0]:
            end()
        self._put_right()
        found = [each for each in self._events if datetime.fromisoformat(each["time"]) <= NOW + _NOT_YET]
        if self._chance(0.2):
            self._rng.shuffle(found)
        return found

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _later(self, least_h: int, most_h: int) -> datetime:
        at = self._at + timedelta(hours=self._rng.randint(least_h, most_h))
        return at.replace(minute=self._rng.randint(10, 50), second=self._rng.randint(0, 59), microsecond=0)

    def _put(self, type_: str, at: datetime, **data: Any) -> str:
        id_ = f"{self._case}-{len(self._events)}"
        made = event(id_, f"{type_}.v1", case=self._case, time=at, **data)
        if type_.startswith(("record.", "contact.linked", "contact.regraded")):
            del made["data"]["victim_id"]
        if self._chance(0.1):
            made["data"]["recorded_at"] = (at + timedelta(hours=self._rng.randint(1, 200))).isoformat()
        self._events.append(made)
        return id_

    def _goes_on(self, type_: str, least_h: int = 1, most_h: int = 72, told: float = 0.0, **data: Any) -> str:
        """Something happens, the case has come so far, and with this chance a victim is told of it."""
        self._at = self._later(least_h, most_h)
        data.setdefault("victim_id", self._rng.choice(self._victims))
        id_ = self._put(type_, self._at, **data)
        if self._chance(told):
            self._contact(id_, type_)
        return id_

    def _aside(self, share: float, type_: str, most_h: int = 300, **data: Any) -> str | None:
        """With this chance something happens some while after, and the case stays where it is."""
        if not self._chance(share):
            return None
        data.setdefault("victim_id", self._rng.choice(self._victims))
        return self._put(type_, self._later(1, most_h), **data)

    def _contact(self, about: str | None, type_: str = "", agency: str | None = None) -> None:
        outcome = self._rng.choices(("reached", "no_answer", "voicemail_left"), (6, 2, 1))[0]
        data: dict[str, Any] = {"channel": self._rng.choice(("phone", "in_person", "email")), "direction": "outbound"}
        if agency is not None:
            data["agency"] = agency
        if about is not None and self._chance(0.85):
            data["informed_of"] = [about if self._chance(0.8) or not type_ else f"{type_}.v1"]
        if self._chance(0.7):
            data["note"] = self._rng.choice(_NOTES)
        self._put("contact.made", self._later(1, 200), outcome=outcome, victim_id=self._rng.choice(self._victims),
                  **data)  # fmt: skip

    def _report(self) -> None:
        offence = self._rng.choice(_OFFENCES)
        for victim in self._victims:
            offence_on = (self._at - timedelta(days=self._rng.randint(0, 400))).date().isoformat()
            self._goes_on("policing.crime.reported", 0, 30, victim_id=victim, offence=offence,
                          domestic=self._chance(0.4), offence_on=offence_on)  # fmt: skip
        for victim in self._victims:
            self._aside(0.6, "policing.report.acknowledged", channel="email", victim_id=victim)
            self._aside(0.6, "policing.code_information.given", channel="email", victim_id=victim)
            self._aside(0.7, "policing.needs.assessed", victim_id=victim, enhanced_rights=self._chance(0.6),
                        risk=self._rng.choice(("standard", "medium", "high")))  # fmt: skip
            self._aside(0.6, "policing.contact.agreed", victim_id=victim, channel="phone",
                        frequency_days=self._rng.choice((7, 14, 28)))  # fmt: skip
            self._aside(0.2, "policing.contact.agreed", 2000, victim_id=victim, channel="email",
                        only_when_something_happens=True)  # fmt: skip
            self._aside(0.7, "policing.safe_contact.recorded", 40, victim_id=victim,
                        sms=self._rng.choice(("allowed", "discreet", "never")), valid_until="9999-12-31")  # fmt: skip
        self._aside(0.5, "policing.officer.assigned", role="SOLO", officer_ref="P-1")
        self._aside(0.1, "policing.officer.released", 3000, role="SOLO", officer_ref="P-1")

    def _support(self) -> None:
        for _ in range(self._rng.randint(0, 3)):
            happened = self._rng.choice(("made", "made", "declined"))
            self._aside(1.0, f"support.referral.{happened}", service=self._rng.choice(_SERVICES))
        self._aside(0.1, "support.sarc.attended")
        self._aside(0.5, "compensation.information.given")

    def _evidence(self) -> None:
        for _ in range(self._rng.randint(0, 2)):
            self._goes_on("policing.account.taken", 1, 400, kind=self._rng.choice(("initial", "abe", "statement")))
            self._aside(0.4, "victim.statement.offered")
        if self._chance(0.4):
            device: dict[str, Any] = {"device_ref": "D-1", "victim_id": self._victims[0]}
            self._goes_on("policing.phone.seized", 1, 100, **device)
            self._aside(0.5, "policing.phone.extraction_notified", 60, **device)
            self._aside(0.5, "policing.phone.extracted", 400, **device)
            self._aside(0.3, "policing.phone.replacement_issued", 60, same_number=self._chance(0.7), **device)
            self._aside(0.6, "policing.phone.returned", 900, **device)
        if self._chance(0.2):
            self._goes_on("policing.property.taken", item_ref="I-1")
            self._aside(0.4, "property.returned", 2000, item_ref="I-1")
        if self._chance(0.2):
            material: dict[str, Any] = {"request_ref": "Q-1", "kind": "medical", "victim_id": self._victims[0]}
            self._aside(0.6, "policing.third_party_material.notified", 30, **material)
            self._goes_on("policing.third_party_material.requested", **material)

    def _safety(self) -> None:
        if self._chance(0.15):
            route: dict[str, Any] = {
                "route": self._rng.choice(("right_to_ask", "right_to_know")),
                "victim_id": self._victims[0],
            }
            self._goes_on("safeguarding.disclosure.requested", **route)
            self._aside(0.6, self._rng.choice(("safeguarding.disclosure.made", "safeguarding.disclosure.refused")),
                        1200, **route)  # fmt: skip
        if self._chance(0.15):
            self._goes_on("safeguarding.order.applied", order="stalking_protection_order")
            self._aside(0.6, "safeguarding.order.granted", order="stalking_protection_order",
                        ends_on=(self._at + timedelta(days=self._rng.randint(20, 200))).date().isoformat())  # fmt: skip
            self._aside(0.5, "safeguarding.masip.heard")

    def _suspects(self) -> None:
        suspect: dict[str, Any] = {"suspect_ref": self._suspect}
        self._aside(0.3, "policing.suspect.identified", **suspect)
        if self._chance(0.8):
            self._goes_on("policing.suspect.arrested", 2, 300, 0.6, **suspect)
            if self._chance(0.8):
                self._goes_on("policing.suspect.interviewed", 1, 20, 0.5, **suspect)
            ends_on = (self._at + timedelta(days=self._rng.randint(5, 90))).date().isoformat()
            self._goes_on("policing.suspect.released", 1, 20, 0.6, outcome=self._rng.choice(("bail", "bail",
                          "under_investigation")), ends_on=ends_on, **suspect)  # fmt: skip
            if self._chance(0.4):
                change = self._rng.choice(("varied", "cancelled", "lapsed", "extended"))
                self._goes_on("policing.suspect.bail_changed", 24, 700, 0.5, change=change, **suspect)

    def _voice(self) -> None:
        for _ in range(self._rng.randint(0, 4)):
            self._contact(None)
        if self._aside(0.25, "victim.update.requested", 1500) and self._chance(0.6):
            self._contact(None)
        scope = self._rng.choice(("all", "updates", "VC-R6-ARREST"))
        if self._aside(0.12, "policing.right.waived", 1500, scope=scope, victim_id=self._victims[0]):
            self._aside(0.4, "policing.right.resumed", 3000, scope=scope, victim_id=self._victims[0])
        if self._chance(0.12):
            complaint: dict[str, Any] = {"complaint_ref": "C-1", "about_agency": self._rng.choice(("police", "cps"))}
            self._goes_on("complaint.received", **complaint)
            self._aside(0.6, self._rng.choice(("complaint.acknowledged", "complaint.answered")), 500, **complaint)

    def _no_further_action(self) -> None:
        ended = self._rng.choices(("no_further_action", "not_to_investigate", "out_of_court"), (2, 1, 1))[0]
        reason: dict[str, Any] = {} if ended == "out_of_court" else {"reason": "evidential"}
        decision = self._goes_on(f"policing.decision.{ended}", 200, 2000, 0.6, suspect_ref=self._suspect, **reason)
        if self._chance(0.3):
            review: dict[str, Any] = {"decision_event_id": decision, "victim_id": self._victims[0]}
            self._goes_on("policing.review.requested", 24, 900, **review)
            self._aside(0.6, "policing.review.acknowledged", 400, **review)
            self._aside(0.4, "policing.review.decided", 1500, **review)

    def _prosecution(self) -> None:
        if self._chance(0.4):
            self._goes_on("prosecution.early_advice.submitted", 100, 1200)
            self._aside(0.6, "prosecution.early_advice.appointment_held", 700)
        for _ in range(self._rng.randint(0, 2)):
            self._goes_on("prosecution.file.submitted", 100, 700)
            self._aside(0.5, "prosecution.file.returned", reason="more is needed")
        decided = self._rng.choice(("charge", "charge", "no_charge"))
        decision = self._goes_on("prosecution.decision.made", 100, 900, suspect_ref=self._suspect, decision=decided)
        if decided == "no_charge":
            self._aside(0.6, "prosecution.letter.sent", 200, about=decision)
            return
        self._goes_on("policing.suspect.charged", 1, 100, 0.6, suspect_ref=self._suspect)
        if self._chance(0.15):
            altered = self._goes_on("prosecution.charge.altered", 24, 900, suspect_ref=self._suspect)
            self._aside(0.6, "prosecution.letter.sent", 200, about=altered)

    def _in_court(self, type_: str, most_h: int = 900, **data: Any) -> None:
        """Court news: it happens, the Witness Care Unit is told, and tells a victim."""
        data.setdefault("suspect_ref", self._suspect)
        id_ = self._goes_on(type_, 20, most_h, **data)
        if self._chance(0.75):
            self._goes_on("wcu.notified", 1, 60, about=id_)
            if self._chance(0.7):
                self._contact(id_, type_, "wcu")

    def _court(self) -> None:
        hearing: dict[str, Any] = {"hearing_ref": "H-1", "suspect_ref": None}
        starts_at = (self._at + timedelta(days=30)).isoformat()
        self._in_court("court.hearing.listed", starts_at=starts_at, kind="trial", **hearing)
        if self._chance(0.3):
            self._in_court("court.bail.decided", outcome="remanded")
        if self._chance(0.5):
            self._goes_on("wcu.evidence.required", 10, 300, 0.6)
            self._aside(0.6, "wcu.needs.assessed")
            self._aside(0.4, "court.special_measures.decided", 600, outcome="granted")
        if self._chance(0.2):
            self._in_court("court.warrant.issued", outcome="issued")
        self._in_court("court.hearing.held", outcome=self._rng.choice(("adjourned", "re_arrest", "other")), **hearing)
        if self._chance(0.6):
            verdict = self._rng.choice(("guilty", "guilty", "not_guilty"))
            self._in_court("court.verdict.given", verdict=verdict)
            if verdict == "guilty":
                self._in_court("court.sentence.passed", scheme_eligible=self._chance(0.7),
                               lenient_sentence_scheme=self._chance(0.3))  # fmt: skip
                self._aside(0.5, "probation.scheme.referred")
                self._aside(0.4, "probation.scheme.contacted", 900)
                self._aside(0.2, "probation.offender.escaped", 200)
            if self._chance(0.2):
                self._in_court("court.appeal.lodged")
        if self._chance(0.3):
            self._goes_on("expenses.claimed", claim_ref="E-1", victim_id=self._victims[0])
            self._aside(0.6, "expenses.paid", 900, claim_ref="E-1", victim_id=self._victims[0])

    def _put_right(self) -> None:
        def one_of(start: str) -> dict[str, Any] | None:
            found = [each for each in self._events if each["type"].startswith(start)]
            return self._rng.choice(found) if found else None

        suspect, call = one_of("policing.suspect."), one_of("contact.made")
        if suspect is not None:
            moved = datetime.fromisoformat(suspect["time"]) - timedelta(hours=self._rng.randint(1, 100))
            self._aside(0.1, "record.corrected", event_id=suspect["id"], reason="the time was mistyped",
                        replacement={"time": moved.isoformat(), "data": suspect["data"]})  # fmt: skip
            self._aside(0.05, "record.retracted", event_id=suspect["id"], reason="wrong case")
        if call is not None:
            self._aside(0.1, "contact.linked", event_id=call["id"], informed_of=["policing.suspect.arrested.v1"])
            self._aside(0.1, "contact.regraded", event_id=call["id"], reason="listened to the call",
                        grade=self._rng.choice(("meaningful", "tick_box", "attempt")))  # fmt: skip
