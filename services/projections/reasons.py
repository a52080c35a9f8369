"""Good reasons for what is late in a case, for its page: those recorded, and what the record suggests as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import LargeBinary, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.journeys.assessment import Assessment, GradedContact, Obligation, State
from services.journeys.good_reasons import GoodReason, Silence, Suggestion, good_reasons, suggested
from services.journeys.rule_set import RuleSet
from services.storage.payloads import from_bytes
from services.storage.rereading import facts_of_case
from services.storage.tables import case_views, cases, obligations
from services.storage.tables_feeds import feeds

SILENT_AFTER: Final = timedelta(hours=24)
"""A feed from which nothing came for so long counts as silent; a force's feeds carry something every day."""

_LATE: Final = (State.BREACHED.value, State.SATISFIED_LATE.value)
_key: Final = bindparam("key", type_=LargeBinary)
_late = select(obligations.c.body).where(
    obligations.c.case_key == _key, obligations.c.state.in_(_LATE), obligations.c.advisory.is_(False)
)
_view = select(case_views.c.body).where(case_views.c.case_key == _key)
_assessed = select(cases.c.assessed_at).where(cases.c.case_key == _key)
_feeds = select(feeds.c.name, feeds.c.last_received_at)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Good reasons of one case by obligation id; a suggestion stands only where none is recorded."""

    recorded: Mapping[str, GoodReason] = field(default_factory=dict)
    suggested: Mapping[str, tuple[Suggestion, ...]] = field(default_factory=dict)


async def reasons_of_case(conn: AsyncConnection, case_id: str, key: bytes, rules: RuleSet) -> Reasons:
    """Return the good reasons for what stands as late in a case; the facts are read only where something does."""
    late = [
        msgspec.convert(from_bytes(body), Obligation) for body in (await conn.execute(_late, {"key": key})).scalars()
    ]
    assessed_at = (await conn.execute(_assessed, {"key": key})).scalar()
    if not late or assessed_at is None:
        return Reasons()
    body = (await conn.execute(_view, {"key": key})).scalar()
    view: Mapping[str, Any] = {} if body is None else from_bytes(body)
    as_stored = Assessment(
        case_id=case_id,
        as_of=assessed_at,
        obligations=tuple(duty for duty in late if duty.rule in rules.by_id),
        contacts=tuple(_contact(each) for each in view.get("contacts", ())),
        flags=(),
        awaited=(),
        news=(),
        notes=(),
        next_change_at=None,
        next_look_at=None,
    )
    facts = await facts_of_case(conn, case_id)
    recorded = good_reasons(facts, as_stored)
    offered = suggested(facts, as_stored, rules, await silences(conn))
    return Reasons(recorded, {id_: each for id_, each in offered.items() if id_ not in recorded})


async def silences(conn: AsyncConnection) -> list[Silence]:
    """Return the feeds that are silent now, each since it was last heard; past silences are not kept."""
    now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    return [
        Silence(row.name, row.last_received_at)
        for row in await conn.execute(_feeds)
        if now - row.last_received_at > SILENT_AFTER
    ]


def _contact(body: Mapping[str, Any]) -> GradedContact:
    return GradedContact(
        event_id=body["event_id"],
        victim_id=body["victim_id"],
        grade=body["grade"],
        reasons=tuple(body["reasons"]),
        same_as=body.get("same_as"),
    )
