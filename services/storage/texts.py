"""Text requests as rows: taking what is due, moving a text forward, and what became of every one.

A text moves only along the arrows of ``services.contacts.text_states``, under its row's lock, and each step is kept
in its history. The instants of people are the database's clock (``waymark_now``); a lease is real time, so that a
simulated clock moved forward does not declare a text lost that is being sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contacts.decision import Since, TextRequest
from services.contacts.news import Purpose
from services.contacts.person import EarlierText
from services.contacts.text_states import ARROWS, MAY_HAVE_GONE, WAITING, TextState
from services.storage.instants import instant_of
from services.storage.restores import after_restore
from services.storage.sets import is_among
from services.storage.tables import case_key, victim_key
from services.storage.tables_notify import text_requests, text_switch
from services.storage.vault import Vault, VaultError

LEASE = timedelta(minutes=2)
"""How long a text may be at the channel before its outcome counts as unknown."""

_WAITING = sorted(WAITING)
_t = text_requests.c


@dataclass(frozen=True, slots=True)
class Switch:
    """The one switch for all texts, and since when this store knows of texts."""

    paused: bool
    """Also while a restore from a backup is open, or the store was moved and nobody has said why."""
    first_seen_at: datetime
    not_before: datetime | None = None
    """When the last restore was finished: what was recorded or received before is a person's to tell."""
    is_moved: bool = False

    def since(self, set_to: datetime | None) -> Since:
        """From when on something recorded is news: as set, else since this store knows of texts."""
        return Since(set_to or self.first_seen_at, self.not_before)


class StoreMovedError(Exception):
    """Texts cannot be resumed: the store was restored, or moved, and nobody has said what that means for texts."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """A text that was committed to be sent and of which no answer was kept."""

    text_id: UUID
    request: TextRequest


async def read_switch(conn: AsyncConnection) -> Switch:
    """Return the switch, made at the first look: what was recorded before that is never texted by default."""
    now = func.waymark_now()
    found = (await conn.execute(select(text_switch.c.paused, text_switch.c.first_seen_at))).first()
    if found is None:
        await conn.execute(insert(text_switch).values(changed_at=now, first_seen_at=now).on_conflict_do_nothing())
        found = (await conn.execute(select(text_switch.c.paused, text_switch.c.first_seen_at))).one()
    after = await after_restore(conn)
    return Switch(found.paused or after.must_wait, found.first_seen_at, after.not_before, after.is_moved)


async def set_paused(conn: AsyncConnection, *, paused: bool) -> bool:
    """Pause or resume all texts; return whether that changed anything. Resuming looks at every held text again.

    Raises:
        StoreMovedError: if they were to be resumed after a restore that is not finished.
    """
    await read_switch(conn)
    after = await after_restore(conn)
    if not paused and after.must_wait:
        raise StoreMovedError(
            "This store is not the one it was: it was restored, or another server took over, and texts sent meanwhile "
            "may be unknown to it. See docs/runbooks/backup-and-restore.md: `waymark restored begin`."
            if after.is_moved
            else "A restore is open: `waymark restored finish` lets texts go again."
        )
    done = await conn.execute(
        update(text_switch)
        .where(text_switch.c.paused.is_not(paused))
        .values(paused=paused, changed_at=func.waymark_now())
    )
    if done.rowcount and not paused:
        await conn.execute(update(text_requests).where(is_waiting()).values(wake_at=func.waymark_now()))
    return bool(done.rowcount)


async def take_waiting(conn: AsyncConnection) -> list[tuple[UUID, TextRequest]]:
    """Lock and return every text that waits, whenever it falls due."""
    rows = await conn.execute(select(text_requests).where(is_waiting()).order_by(_t.text_id).with_for_update())
    return [(row.text_id, request_of(row, None)) for row in rows]


async def texts_of(conn: AsyncConnection, victim_id: str) -> list[EarlierText]:
    """Return the texts that went, or may have gone, to a person in the last sixty days."""
    rows = await conn.execute(
        select(_t.text_id, _t.sent_at, _t.body_index, _t.template, _t.event_source, _t.event_id).where(
            _t.victim_key == victim_key(victim_id),
            _t.state.in_(sorted(MAY_HAVE_GONE)),
            _t.sent_at > func.waymark_now() - text("interval '60 days'"),
        )
    )
    return [
        EarlierText(
            at=row.sent_at,
            words=row.body_index or b"",
            template=row.template or "",
            facts=((row.event_source, row.event_id),),
            text_id=reported_as(row.text_id),
        )
        for row in rows
    ]


async def move(
    conn: AsyncConnection,
    text_id: UUID,
    state: TextState,
    *,
    rule: str | None = None,
    why: str | None = None,
    attempt_id: UUID | None = None,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Move a text on, if an arrow leads there from where it stands; return whether it moved.

    With ``attempt_id`` it moves only if that attempt is the one it stands for: a late answer to another changes
    nothing. ``why`` is a sentence for staff and holds nothing personal.
    """
    before = [each.value for each, after in ARROWS.items() if state in after]
    conditions = [_t.text_id == text_id, _t.state.in_(before)]
    if attempt_id is not None:
        conditions.append(_t.attempt_id == attempt_id)
    step = {"state": state.value, "rule": rule, "why": why}
    done = await conn.execute(
        update(text_requests)
        .where(*conditions)
        .values(
            state=state.value,
            rule=rule,
            history=_t.history + _step(step),
            **(values or {}),
        )
    )
    return bool(done.rowcount)


async def begin_sending(conn: AsyncConnection, text_id: UUID, attempt_id: UUID, values: Mapping[str, Any]) -> bool:
    """Write down that this attempt is about to be made: committed before the channel is asked."""
    return await move(
        conn,
        text_id,
        TextState.SENDING,
        values={
            **values,
            "attempt_id": attempt_id,
            "sent_at": func.waymark_now(),
            "lease_until": func.clock_timestamp() + LEASE,
            "wake_at": None,
        },
    )


async def hold(conn: AsyncConnection, text_id: UUID, *, rule: str | None, why: str, wake_at: datetime) -> bool:
    """Hold a text and look at it again then; return whether the reason is another than before.

    Only then does its history grow.
    """
    before = (await conn.execute(select(_t.history).where(_t.text_id == text_id))).scalar_one()
    last = before[-1] if before else {}
    is_new: bool = (last.get("state"), last.get("why")) != (TextState.HELD.value, why)
    if is_new:
        await move(conn, text_id, TextState.HELD, rule=rule, why=why)
    await conn.execute(update(text_requests).where(_t.text_id == text_id, is_waiting()).values(wake_at=wake_at))
    return is_new


async def lose_overdue(conn: AsyncConnection) -> list[InFlight]:
    """Return texts whose lease ran out without an answer, now unknown: they are never sent again blind."""
    overdue = (
        await conn.execute(
            select(text_requests)
            .where(_t.state == TextState.SENDING.value, _t.lease_until < func.clock_timestamp())
            .with_for_update(skip_locked=True)
        )
    ).all()
    why = "no answer was kept; it may have been sent"
    for row in overdue:
        await move(conn, row.text_id, TextState.UNKNOWN, why=why)
    return [InFlight(row.text_id, request_of(row, None)) for row in overdue]


async def wake_texts(conn: AsyncConnection, case_keys: Iterable[bytes]) -> None:
    """Look again at the texts that wait in these cases: something in them changed."""
    await conn.execute(_wake, {"keys": list(case_keys)})


async def list_texts(
    conn: AsyncConnection, vault: Vault, case_id: str | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return every text and its fate as surfaces.md has it, oldest first; with a ``limit`` the latest so many.

    The words of an erased victim are gone (null).
    """
    wanted = select(text_requests).order_by(_t.requested_at.desc(), _t.text_id.desc()).limit(limit)
    if case_id is not None:
        wanted = wanted.where(_t.case_key == case_key(case_id))
    found = await read_with_words(conn, vault, wanted)
    return [_as_json(row, body) for row, body in reversed(found)]


async def read_with_words(
    conn: AsyncConnection, vault: Vault | None, wanted: Select[Any]
) -> list[tuple[Any, str | None]]:
    """Return rows of ``text_requests``, each with its words: None where there are none, or none can be read.

    Those are the words of a victim whose key was erased, and those that were changed: one such must not hide the
    others. Without a vault no words are read. The rows must have ``text_id``, ``victim_id`` and ``sealed_body``.
    """
    rows = (await conn.execute(wanted)).all()
    sealed = [(row.victim_id, body_identity(row.text_id), row.sealed_body) for row in rows if row.sealed_body]
    opened = iter(await _opened(conn, vault, sealed))
    bodies = [next(opened) if row.sealed_body else None for row in rows]
    return [
        (row, None if body is None else body.decode(errors="replace")) for row, body in zip(rows, bodies, strict=True)
    ]


def reported_as(text_id: UUID) -> str:
    """Return the id of the contact that reports a delivered text back to its case."""
    return f"text-{text_id}"


def body_identity(text_id: UUID) -> bytes:
    """Return the identity to which the words of a text are sealed."""
    return b"text_requests.sealed_body\0" + text_id.bytes


async def _opened(
    conn: AsyncConnection, vault: Vault | None, sealed: Sequence[tuple[str, bytes, bytes]]
) -> list[bytes | None]:
    if vault is None or not sealed:
        return [None] * len(sealed)
    try:
        return await vault.open_many(conn, sealed)
    except VaultError:
        if len(sealed) == 1:
            return [None]
    return [body for each in sealed for body in await _opened(conn, vault, [each])]


def request_of(row: Any, received_at: datetime | None) -> TextRequest:
    """Return what a row of ``text_requests`` asks for."""
    return TextRequest(
        case_id=row.case_id,
        victim_id=row.victim_id,
        event_id=row.event_id,
        source=row.event_source,
        type=row.event_type,
        purpose=Purpose(row.purpose),
        known_at=instant_of(row.known_at),
        received_at=received_at,
    )


def _as_json(row: Any, body: str | None) -> dict[str, Any]:
    return {
        "text_id": str(row.text_id),
        "case_id": row.case_id,
        "victim_id": row.victim_id,
        "event_id": row.event_id,
        "purpose": row.purpose,
        "template": row.template,
        "state": row.state,
        "rule": row.rule,
        "body": body,
        "to_ref": row.to_ref,
        "provider_id": row.provider_id,
        "requested_at": row.requested_at.isoformat(),
        "until": row.wake_at.isoformat() if row.wake_at is not None and row.state in _WAITING else None,
        "history": row.history,
    }


def is_waiting() -> ColumnElement[bool]:
    """Whether a row of ``text_requests`` is still to be decided about."""
    return or_(*(_t.state == each for each in _WAITING))


# Made once: every round of assessments runs it. The moment is asked for once, not for each row.
_wake = (
    update(text_requests)
    .where(is_waiting(), is_among(_t.case_key, "keys"))
    .values(wake_at=select(func.waymark_now()).scalar_subquery())
)


def _step(step: Mapping[str, str | None]) -> ColumnElement[Any]:
    """Return a history entry with the moment of the database in it."""
    pairs: list[Any] = [literal("at"), func.waymark_now()]
    for name, value in step.items():
        pairs += [literal(name), literal(value, String)]
    return func.jsonb_build_array(func.jsonb_build_object(*pairs), type_=JSONB)
