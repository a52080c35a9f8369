"""Small histories for the tests of the gate: a victim with safe contact, a confirmed number, and news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from notifications.person_view import view_of
from notifications.template import gate_terms
from services.contacts.decision import Decision, Since, TextRequest
from services.contacts.gate import decide
from services.contacts.news import Purpose
from services.contacts.person import ContactPoint, EarlierText
from services.journeys.facts import Fact

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
"""A Tuesday in winter: London time is UTC."""

NEWS = "court.hearing.listed.v1"
REPORTED = "policing.crime.reported.v1"
SAFE = "policing.safe_contact.recorded.v1"


def fact(
    id_: str,
    type_: str,
    *,
    at: datetime = NOON - timedelta(hours=2),
    victim: str | None = "V-1",
    case: str = "KP-1",
    source: str = "/kent/rms",
    **data: Any,
) -> Fact:
    held = dict(data)
    if victim is not None:
        held["victim_id"] = victim
    return Fact(id_, source, type_, case, at, at, victim, held.get("suspect_ref"), held.get("agency"), held)


def report(at: datetime = NOON - timedelta(days=7), **data: Any) -> Fact:
    return fact("report", REPORTED, at=at, offence="stalking", **data)


def safe(at: datetime = NOON - timedelta(days=6), *, id_: str = "safe", case: str = "KP-1", **data: Any) -> Fact:
    return fact(id_, SAFE, at=at, case=case, **{"sms": "allowed", **data})


def hearing(at: datetime = NOON - timedelta(hours=2), **data: Any) -> Fact:
    return fact(
        "news",
        NEWS,
        at=at,
        **{"hearing_ref": "H-1", "starts_at": "2026-12-08T10:00:00+00:00", "kind": "trial", **data},
    )


def point(ref: str = "P-1", **changes: Any) -> ContactPoint:
    given: dict[str, Any] = {
        "ref": ref,
        "can_text": True,
        "belongs_to": "self",
        "confirmed_at": NOON - timedelta(days=5),
        "has_cover": True,
        "has_sender_name": True,
    }
    return ContactPoint(**{**given, **changes})


def asked(news: Fact, purpose: Purpose = Purpose.NEWS, victim: str = "V-1") -> TextRequest:
    return TextRequest(news.case_id, victim, news.id, news.source, news.type, purpose, news.known_at)


def judge(
    *facts: Fact,
    now: datetime = NOON,
    purpose: Purpose = Purpose.NEWS,
    points: Sequence[ContactPoint] | None = None,
    texts: Sequence[EarlierText] = (),
    about: Fact | None = None,
    texts_from: datetime | None = None,
    restored_at: datetime | None = None,
    paused: bool = False,
) -> Decision:
    """Decide about the last fact given, for V-1, with one confirmed number unless others are given."""
    news = about or facts[-1]
    by_case: dict[str, list[Fact]] = {}
    for each in facts:
        by_case.setdefault(each.case_id, []).append(each)
    person = view_of("V-1", by_case, [point()] if points is None else points, texts, now)
    return decide(asked(news, purpose), person, gate_terms(), now, since=Since(texts_from, restored_at), paused=paused)
