"""What a person is asked to do once a text went, did not go, or may have gone; and who that person is."""

from __future__ import annotations

from datetime import datetime

from services.contacts.addressee import addressee_of
from services.contacts.cards import Card
from services.contacts.decision import Decision, TextRequest
from services.contacts.news import Purpose, topic_of
from services.contacts.person import CaseRecord
from services.storage.cards import RaisedCard
from services.storage.tables import case_key


def call_task(request: TextRequest, decision: Decision) -> str | None:
    """Return the task that follows a text which told the victim nothing that counts, or None where there is none."""
    if decision.informs or request.purpose is Purpose.FOLLOW_UP:
        return None
    if decision.states_the_event:
        return (
            f"Please ring {request.victim_id} about {topic_of(request.type)}: a text told them, but two records of the "
            "case bear the same number, so it does not count as telling. Ring in their safe hours."
        )
    return (
        f"Please ring {request.victim_id} about {topic_of(request.type)}: a text asked when a call suits, "
        "and said nothing of what happened. Ring at the time they answer, or in their safe hours."
    )


def undecided_task(request: TextRequest) -> str:
    """Return the task for a text about which the machine could not decide."""
    return (
        f"Please ask how it is safe to be in touch with {request.victim_id} and tell them about "
        f"{topic_of(request.type)}: something in the record keeps Waymark from deciding about a text."
    )


def unknown_task(request: TextRequest) -> str:
    """Return the task for a text of which nobody knows whether it went."""
    return (
        f"A text to {request.victim_id} about {topic_of(request.type)} may or may not have been sent, and is not sent "
        "again. Please ring in their safe hours, ask whether it came, and tell them."
    )


def restored_task(request: TextRequest) -> str:
    """Return the task for a text that may have gone after the backup from which the database was restored."""
    return (
        f"A text to {request.victim_id} about {topic_of(request.type)} may have been sent before the database was "
        "restored from a backup, or not; it is not sent now. Please ring in their safe hours, ask whether it came, and "
        "tell them."
    )


def too_late_task(request: TextRequest) -> str:
    """Return the task for a text that was decided on and not sent, because its process stood still too long."""
    return (
        f"A text to {request.victim_id} about {topic_of(request.type)} was not sent: whoever sends stood still for too "
        "long, and the moment had passed. Please ring in their safe hours."
    )


def failed_task(request: TextRequest, why: str) -> str:
    """Return the task for a text that the channel did not take."""
    return (
        f"A text to {request.victim_id} about {topic_of(request.type)} could not be sent: {why}. Please ring instead."
    )


def raised_for(case: CaseRecord, card: Card, now: datetime) -> RaisedCard:
    """Return a card with whoever looks after the victim in this case now."""
    to = addressee_of(card.duty_of, card.for_officer, card.victim_id, case.facts, now)
    return RaisedCard(case_key(case.case_id), case.case_id, card, to)
