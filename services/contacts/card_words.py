"""What a card says: what happened, what is owed, by when in London time, and what to say next.

Words for staff: overdue, told late, no news in this call; never an accusation, nothing gendered (alerts.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.contacts.london import by_words, moment_words


@dataclass(frozen=True, slots=True)
class Duty:
    """A rule in words: what happened, what is owed (``{v}`` is the victim), and what to say or do next.

    ``if_late`` takes the place of ``next_step`` where what was owed can no longer be done once the date has passed.
    ``began`` says what the time runs from, where that is not what happened: of court news a victim is owed word from
    the moment the Witness Care Unit has it, and the day of the verdict is another.
    """

    happened: str
    owed: str
    next_step: str = "Say what happens next and when they will hear again."
    if_late: str | None = None
    began: str | None = None

    def started(self) -> str:
        """Return what the time runs from, to be followed by when it was."""
        return self.happened if self.began is None else self.began

    def step(self, *, is_late: bool) -> str:
        """Return what to say or do next."""
        return self.if_late if is_late and self.if_late is not None else self.next_step


_TELL: Final = "{v} should be told"
_HEARD: Final = "News of {} reached the Witness Care Unit"
_NOT_YET: Final = "It needs the suspect's account: while no suspect has been interviewed, it is not yet possible."

DUTIES: Final[Mapping[str, Duty]] = {
    "VC-R3-CONFIRM": Duty("A crime was reported", "{v} should have written confirmation, in a way that is safe"),
    "VC-R3-INFORMATION": Duty("A crime was reported", "{v} should have information about the Victims' Code"),
    "VC-R4-NEEDS": Duty("A crime was reported", "the needs of {v} should be assessed"),
    "VC-R4-REFERRAL": Duty(
        "A crime was reported",
        "{v} should be referred to a support service, or have been asked and said no",
        "Ask what help would be welcome, and record the referral or the answer.",
    ),
    "VC-R4-SPECIALIST": Duty("The needs call for a specialist service", "{v} should be offered that referral"),
    "VC-R5-COMPENSATION": Duty("A crime was reported", "{v} should have information about compensation"),
    "VC-R6-NOT-INVESTIGATED": Duty(
        "It was decided not to investigate", _TELL, "Explain why and how to ask for a review."
    ),
    "VC-R6-ARREST": Duty("A suspect was arrested", _TELL),
    "VC-R6-INTERVIEW": Duty("A suspect was interviewed", _TELL),
    "VC-R6-RELEASE": Duty(
        "A suspect was released", _TELL, "Say on what terms, what protects them, and when they will hear again."
    ),
    "VC-R6-BAIL-CHANGE": Duty("Bail changed", _TELL, "Say what protects them now, and when they will hear again."),
    "VC-R6-OUT-OF-COURT": Duty("An out-of-court outcome was decided", _TELL),
    "VC-R6-CHARGE": Duty("A suspect was charged", _TELL, "Say when the first hearing is and who will be in touch."),
    "VC-R6-NFA": Duty("It was decided to take no further action", _TELL, "Explain why and how to ask for a review."),
    "VC-R6-CPS-NO-CHARGE": Duty("The prosecution decided not to charge", "a letter to {v} should be sent"),
    "VC-R6-CPS-CHANGE": Duty("A charge was altered or the case stopped", "a letter to {v} should be sent"),
    "VC-R6-FREQUENCY": Duty("A crime was reported", "how often {v} wants to hear should be agreed"),
    "VC-R7-STATEMENT": Duty(
        "An account was taken from the victim",
        "{v} should be offered a Victim Personal Statement before the sentence",
        if_late="The sentence has been passed: say that it should have been offered before, and ask the Witness Care "
        "Unit what a statement can still be used for.",
    ),
    "VC-R8-HEARING": Duty("A hearing was listed or changed", _TELL, began=_HEARD.format("a hearing listed or changed")),
    "VC-R8-BAIL": Duty("A court decided on bail", _TELL, began=_HEARD.format("a court's decision on bail")),
    "VC-R8-WARRANT": Duty("A warrant was issued", _TELL, began=_HEARD.format("a warrant")),
    "VC-R8-EVIDENCE": Duty("Evidence in court is required", _TELL),
    "VC-R8-REARREST": Duty("A suspect was arrested again", _TELL, began=_HEARD.format("another arrest")),
    "VC-R8-SPECIAL-MEASURES": Duty("The court decided on special measures", _TELL),
    "VC-R8-WCU-NEEDS": Duty("Evidence in court is required", "the needs of {v} as a witness should be assessed"),
    "VC-R8-COURT-TO-WCU": Duty("Something was decided in court", "the Witness Care Unit should be told", ""),
    "VC-R9-COURT-TO-WCU": Duty("A verdict or sentence was given", "the Witness Care Unit should be told", ""),
    "VC-R9-OUTCOME": Duty("A verdict was given", _TELL, began=_HEARD.format("a verdict")),
    "VC-R9-SENTENCE": Duty(
        "A sentence was passed",
        _TELL,
        "Say what it means and, where it applies, how to question it.",
        began=_HEARD.format("a sentence"),
    ),
    "VC-R9-APPEAL": Duty("There was news of an appeal", _TELL, began=_HEARD.format("an appeal")),
    "VC-R10-EXPENSES": Duty("Expenses were claimed", "{v} should be paid", ""),
    "VC-R10-PROPERTY": Duty("The case ended", "what was taken from {v} should be returned", "Agree when and where."),
    "VC-R11-SCHEME-REFERRAL": Duty(
        "A sentence was passed",
        "{v} should be referred to the Victim Contact Scheme",
        began="A sentence was passed, or the scheme was asked for,",
    ),
    "VC-R11-SCHEME-CONTACT": Duty("The Victim Contact Scheme was asked to act", "it should contact {v}"),
    "VC-R11-ESCAPE": Duty(
        "An offender escaped",
        "{v} should be told at once",
        "Ring where it is safe to, and otherwise ask the duty supervisor at once how to reach them; agree what keeps "
        "them safe.",
    ),
    "VC-R12-COMPLAINT": Duty("A complaint was received", "{v} should have an acknowledgement"),
    "KENT-PHONE-24H": Duty(
        "A phone was taken",
        "{v} should have it back, or another with the same number",
        "Say when it comes back, and how to reach them until then.",
    ),
    "KENT-UPDATE": Duty(
        "The last real update was given, or the crime reported,",
        "{v} should have a real update",
        "Say what has happened, what is awaited, from whom and until when, and when they will hear again.",
    ),
    "KENT-REQUEST": Duty("An update was asked for", "{v} should have an answer"),
    "KENT-SOLO": Duty("A crime was reported", "a SOLO should be assigned for {v}", ""),
    "KENT-SARC": Duty("A crime was reported", "{v} should be offered the Sexual Assault Referral Centre"),
    "KENT-IDVA": Duty("The risk was assessed as high", "{v} should be offered an IDVA (domestic abuse adviser)"),
    "KENT-ISAC": Duty("The risk was assessed as high", "{v} should be offered an ISAC (stalking adviser)"),
    "KENT-MASIP": Duty("A stalking case was opened", "it should be heard at the MASIP meeting", ""),
    "KENT-EARLY-ADVICE-TARGET": Duty(
        "A crime was reported", "early advice should be sought (target: 28 days)", _NOT_YET
    ),
    "KENT-EARLY-ADVICE-LIMIT": Duty("A crime was reported", "early advice should be sought (limit: 48 days)", _NOT_YET),
    "KENT-EARLY-ADVICE-CPS": Duty("Early advice was sought", "the appointment should be held", ""),
    "NAT-DISCLOSURE": Duty("A disclosure was asked for", "{v} should have the decision", ""),
    "NAT-EXTRACTION-NOTICE": Duty(
        "What is on a phone was extracted", "{v} should have had notice and agreed before", ""
    ),
    "NAT-THIRD-PARTY-NOTICE": Duty(
        "Records about them were requested", "{v} should be given notice", "Say what and why."
    ),
    "NAT-DA-ASSAULT": Duty("An account was taken", "a charge must be brought before the time limit", ""),
    "NAT-REVIEW-POLICE-ACK": Duty("A review was asked for", "{v} should have an acknowledgement"),
    "NAT-REVIEW-POLICE-OUTCOME": Duty("A review was asked for", "{v} should have the outcome"),
}
"""Every rule of the packs in words; a test keeps the two in step."""

OF_THE_CODE: Final = "VC-"
"""How the ids of rules of the Victims' Code begin."""

_LINK_IT: Final = "If so, link the contact to it."
_LINK_IT_TO_EACH: Final = "Link the contact to each of which it was."

_ANY_DUTY: Final = Duty("Something happened in the case", "something is owed to {v}")

FLAGS: Final[Mapping[str, str]] = {
    "tick_box_run": (
        "There was no news in the last two contacts with {v}. What can still be told: what has happened since, what is "
        "awaited, from whom and until when."
    ),
    "protection_ending": (
        "Something that protects {v} ends soon. Ask whether it is to be renewed, and tell them what protects them then."
    ),
    "cps_ping_pong": (
        "The file about the case of {v} has come back a second time. Agree with the prosecution what is missing."
    ),
    "no_solo": "No SOLO is assigned for {v}. Assign one and let them ring.",
    "no_safe_contact": (
        "No safe contact is recorded for {v}, so no text is sent. Ask when, where and how it is safe to be in touch, "
        "and record it."
    ),
}
"""The flags that make a card of their own; the others always stand beside an obligation, which says it."""

BESIDE_AN_OBLIGATION: Final[Mapping[str, str]] = {
    "phone_over_24h": "KENT-PHONE-24H",
    "no_meaningful_update": "KENT-UPDATE",
    "enhanced_flagged_late": "VC-R4-NEEDS",
    "no_solo": "KENT-SOLO",
}
"""Flags that add nothing of their own where the duty that says it is owed."""


def is_only_a_target(rule: str | None, *, advisory: bool) -> bool:
    """Whether nothing is owed of right: an advisory duty of no part of the Code is past its target, never overdue."""
    return advisory and rule is not None and not rule.startswith(OF_THE_CODE)


def say_approaching(rule: str, victim_id: str, triggered_at: datetime, due_at: datetime, confidence: str) -> str:
    """Return the card of a duty that will soon be due."""
    duty = DUTIES.get(rule, _ANY_DUTY)
    return _sentences(
        f"{duty.started()} on {moment_words(triggered_at)}.",
        f"{_capital(duty.owed.format(v=victim_id))} by {by_words(due_at)}.",
        duty.step(is_late=False),
        _to_be_confirmed(confidence),
    )


def say_overdue(
    rule: str,
    victim_id: str,
    triggered_at: datetime,
    due_at: datetime,
    confidence: str,
    *,
    may_be_linked: bool,
    advisory: bool = False,
) -> str:
    """Return the card of a duty that is past due and not met."""
    duty = DUTIES.get(rule, _ANY_DUTY)
    past = "Past its target date," if is_only_a_target(rule, advisory=advisory) else "Overdue since"
    return _sentences(
        f"{past} {by_words(due_at)}: {duty.owed.format(v=victim_id)}.",
        f"{duty.started()} on {moment_words(triggered_at)}.",
        duty.step(is_late=True),
        "A later contact may have covered it: whoever made it can link it." if may_be_linked else "",
        _to_be_confirmed(confidence),
    )


def say_no_news(victim_id: str, at: datetime) -> str:
    """Return the card for whoever recorded a contact in which nothing was told."""
    return (
        f"There was no news in the contact with {victim_id} on {moment_words(at)}. What can still be told: what has "
        "happened since the last update, what is awaited, from whom and until when. If this is wrong, a supervisor can "
        "look at it again."
    )


def say_disputed(victim_id: str | None) -> str:
    """Return the supervisor's card of a grade that whoever made the contact disputes."""
    return (
        f"The grade of a contact with {victim_id or 'the victim'} is disputed by the person who recorded it. Read the "
        "record with them; where the grade is wrong, record another. Until then nobody is asked about it."
    )


def say_link(victim_id: str, at: datetime, rule: str, *, later: int = 0, is_theirs: bool = True) -> str:
    """Return the card that asks whoever recorded contacts whether one told what is shown as overdue.

    ``at`` is the first of them; ``later`` is how many they have recorded since. ``is_theirs`` is false where no record
    says who made them, and whoever looks after the victim is asked.
    """
    since = f", and {later} since," if later else ""
    contact, it = f"a contact with {victim_id}", "they" if later else "it"
    who = f"You recorded {contact}" if is_theirs else f"Somebody whom the record does not name had {contact}"
    said = f"{who} on {moment_words(at)}{since} without saying which events {it} covered."
    return f"{said} Was it told then that {_happened(rule)}? {_LINK_IT}"


def say_links(asked: str, rules: Iterable[str]) -> str:
    """Return one question about all that the same contact may have told: ``asked`` is that about the first of it."""
    others = dict.fromkeys(_happened(rule) for rule in rules)
    more = [f"Or that {each}?" for each in others if f"that {each}?" not in asked]
    return _sentences(asked.removesuffix(_LINK_IT).rstrip(), *more, _LINK_IT_TO_EACH) if more else asked


def _happened(rule: str) -> str:
    happened = DUTIES.get(rule, _ANY_DUTY).happened
    return happened[0].lower() + happened[1:].rstrip(",")


def _to_be_confirmed(confidence: str) -> str:
    return "" if confidence == "H" else "The date rests on a reading of the rule that is to be confirmed."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)
