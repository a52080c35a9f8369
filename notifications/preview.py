"""What would be sent about a history of events, and every gate decision: pure, no store, no server.

Without a file of contact points the numbers are not known, so a confirmed one of the victim's own is assumed, with a
cover and a sender's name chosen; what was assumed is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from notifications.fields import hear_by_of, values_of
from notifications.person_view import view_of
from notifications.render import NotRenderedError, Rendered, render
from notifications.template import gate_terms, template_for
from services.contacts.decision import Decision, Since, TextRequest, Verdict
from services.contacts.gate import decide, refused
from services.contacts.news import NewsList, Purpose, news_list, news_purpose, rule_told
from services.contacts.people_file import PointRow
from services.contacts.person import ContactPoint, Person
from services.contacts.safe_contact import PHONE_SEIZED, FactLike
from services.journeys.event_types import KNOWLEDGE
from services.journeys.facts import Fact
from services.storage.duties import due_of

ASSUMED_REF: Final = "assumed"
ASSUMED_NAME: Final = "Sam"

_SAYS_HOW: Final = frozenset({
    "policing.crime.reported.v1", "policing.safe_contact.recorded.v1", "policing.needs.assessed.v1",
    "policing.contact.agreed.v1", "policing.news.withheld.v1", "policing.news.released.v1",
    "policing.right.waived.v1", "policing.right.resumed.v1", "policing.phone.seized.v1", "victim.support_withdrawn.v1",
    "victim.support_resumed.v1", "contact.made.v1", "contact.regraded.v1", "property.returned.v1",
}) | KNOWLEDGE  # fmt: skip
"""Events that tell the gate how the victim may be reached; a preview is about others, where there are any."""


def preview(
    facts: Mapping[str, Sequence[Fact]],
    victim_id: str,
    now: datetime,
    *,
    points: Sequence[PointRow] | None = None,
    duties: Mapping[str, list[dict[str, Any]]] | None = None,
    texts_from: datetime | None = None,
) -> dict[str, Any]:
    """Return what would be sent to a victim at a moment: the decision on the latest news, and under `texts` on all.

    ``duties`` are the open obligations of each case, for dates in words and tasks.
    """
    assumed = points is None
    stored = _assumed_points(facts, victim_id) if points is None else _points(points, victim_id)
    names = {each.ref: each.sender_name for each in points or () if each.victim_id == victim_id}
    person = view_of(victim_id, facts, stored, (), now)
    decisions = [
        _one(_Asked(person, fact, purpose, (duties or {}).get(fact.case_id, [])), names, texts_from)
        for fact, purpose in _candidates(person)
    ]
    main = decisions[-1] if decisions else _nothing(victim_id)
    return {**main, "assumed": ["a confirmed number of their own, a cover and a sender's name"] if assumed else [],
            "texts": decisions}  # fmt: skip


def _candidates(person: Person) -> list[tuple[FactLike, Purpose]]:
    """Return what a text could be about, the latest last; news no text mentions is a candidate to be refused."""
    found = []
    for case in person.cases.values():
        for fact in case.facts:
            if fact.occurred_at > person.now or fact.victim_id not in (None, person.victim_id):
                continue
            told = person.is_told_by_a_person(fact)
            purpose = news_purpose(fact.type, told=told, data=fact.data, moved=person.is_moved(fact))
            listed = news_list(fact.type) is not NewsList.NEVER
            if purpose is not None or listed or fact.type not in _SAYS_HOW:
                found.append((fact, purpose or Purpose.NEWS))
    return sorted(found, key=lambda each: (each[0].occurred_at, each[0].id, each[0].source))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One text that could be sent."""

    person: Person
    fact: FactLike
    purpose: Purpose
    duties: list[dict[str, Any]]


def _one(asked: _Asked, names: Mapping[str, str | None], texts_from: datetime | None) -> dict[str, Any]:
    person, fact, purpose, duties = asked.person, asked.fact, asked.purpose, asked.duties
    request = TextRequest(
        case_id=fact.case_id,
        victim_id=person.victim_id,
        event_id=fact.id,
        source=fact.source,
        type=fact.type,
        purpose=purpose,
        known_at=fact.known_at,
        due_at=due_of(duties, person.victim_id, fact.id, rule_told(fact.type)),
    )
    decision = decide(request, person, gate_terms(), person.now, since=Since(texts_from))
    rendered: Rendered | None = None
    template = template_for(fact.type, purpose)
    if template is not None and decision.verdict is not Verdict.SUPPRESS and decision.to_ref is not None:
        hear_by = hear_by_of(person, fact.case_id, duties)
        try:
            rendered = render(
                template,
                values_of(fact, hear_by=hear_by),
                discreet=decision.discreet,
                sender_name=names.get(decision.to_ref, ASSUMED_NAME),
            )
        except NotRenderedError as reason:
            decision = refused(decision, person, request, "5", str(reason))
    return _as_json(request, decision, rendered)


def _as_json(request: TextRequest, decision: Decision, rendered: Rendered | None) -> dict[str, Any]:
    return {
        "decision": decision.verdict.value,
        "rule": decision.rule,
        "until": decision.until.isoformat() if decision.until else None,
        "body": rendered.body if rendered else None,
        "segments": rendered.segments if rendered else None,
        "encoding": rendered.encoding if rendered else None,
        "template": decision.template,
        "task": decision.task,
        "case_id": request.case_id,
        "event_id": request.event_id,
        "type": request.type,
        "purpose": request.purpose.value,
        "wording": "discreet" if decision.discreet else "plain",
        "reasons": [
            {
                "rule": each.rule,
                "decision": each.verdict.value,
                "why": each.why,
                "until": each.until.isoformat() if each.until else None,
            }
            for each in decision.reasons
        ],
    }


def _nothing(victim_id: str) -> dict[str, Any]:
    names = ("rule", "until", "body", "segments", "encoding", "template", "case_id", "event_id", "type", "purpose")
    return {
        **dict.fromkeys(names),
        "decision": Verdict.SUPPRESS.value,
        "rule": "7",
        "task": f"There is no news for {victim_id} in these events that a text could be about.",
        "wording": None,
        "reasons": [],
    }


def _assumed_points(facts: Mapping[str, Sequence[Fact]], victim_id: str) -> list[ContactPoint]:
    """Return one confirmed number of the victim's own; the one a seized phone answers to, where an event says so."""
    refs = [
        ref
        for each in facts.values()
        for fact in each
        if fact.type == PHONE_SEIZED and fact.victim_id == victim_id and (ref := fact.data.get("contact_point_ref"))
    ]
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    return [
        ContactPoint(
            ref=refs[0] if refs else ASSUMED_REF,
            can_text=True,
            belongs_to="self",
            confirmed_at=long_ago,
            has_cover=True,
            has_sender_name=True,
        )
    ]


def _points(rows: Sequence[PointRow], victim_id: str) -> list[ContactPoint]:
    """Return a victim's contact points of a file; a number that stands there for two people is in quarantine."""
    owners: dict[str, set[str]] = {}
    for row in rows:
        owners.setdefault(row.value, set()).add(row.victim_id)
    return [
        ContactPoint(
            ref=row.ref,
            can_text=row.can_text,
            belongs_to=row.belongs_to,
            confirmed_at=row.confirmed_at,
            quarantine="shared" if len(owners[row.value]) > 1 else None,
            adult_confirmed=row.belongs_to != "self" and row.adult_confirmed_by is not None,
            has_cover=row.cover is not None,
            has_sender_name=row.sender_name is not None,
            same_as=sha256(row.value.encode()).digest(),
        )
        for row in rows
        if row.victim_id == victim_id
    ]
