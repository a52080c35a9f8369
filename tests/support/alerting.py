"""Officers at work, rounds of alerts by hand, and mail servers and webhooks that only remember, for tests of alerts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_string, policy
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.clock import parse_instant
from notifications.alerting import Alerts
from notifications.channels.staff import StaffChannel
from notifications.delivering import Deliverer
from services.contacts.officers_file import COLUMNS, read_officers
from services.projections.person_cards import PersonCard, cards_of_person
from services.provisions.working_days import WorkingDays
from services.storage.card_answers import acknowledge
from services.storage.clock_rows import advance_clock, show_clock
from services.storage.officers import OfficersImported, import_officers
from services.storage.tables_alerts import notices
from services.storage.tables_notify import cards
from tests.support.app import NOW, event, vault
from tests.support.texting import judge_all

DAY = timedelta(days=1)
PAGES = "https://waymark.example"

SOLO = {
    "officer_ref": "P-1",
    "role": "SOLO",
    "team": "east",
    "supervisor_ref": "S-1",
    "address": "p1@force.example",
    "from": "2026-11-16",
    "to": "2026-12-31",
    "cover_ref": "P-2",
}
SUPERVISOR = {**SOLO, "officer_ref": "S-1", "role": "supervisor", "supervisor_ref": "", "cover_ref": "", "address": ""}
COLLEAGUE = {**SOLO, "officer_ref": "P-2", "cover_ref": "P-1", "address": ""}


def solo(ref: str = "P-1", **others: Any) -> dict[str, Any]:
    """A SOLO assigned six days ago."""
    given = {"time": NOW - 6 * DAY, "role": "SOLO", "officer_ref": ref, "team": "east", **others}
    return event(f"assigned-{ref}-{given.get('case', 'KP-1')}", "policing.officer.assigned.v1", **given)


def referral() -> dict[str, Any]:
    """A referral made in time, so that nothing but what a test is about falls due."""
    return event("referral", "support.referral.made.v1", time=NOW - 6 * DAY, service="other")


async def store_officers(engine: AsyncEngine, *rows: dict[str, str]) -> OfficersImported:
    """Import these officers: P-1, a colleague who covers and their supervisor, unless others are given."""
    listed = rows or (SOLO, SUPERVISOR, COLLEAGUE)
    lines = [",".join(COLUMNS), *(",".join(each[name] for name in COLUMNS) for each in listed)]
    read = read_officers(lines, parse_instant, in_service=False, days=WorkingDays())
    assert not read.refusals
    async with engine.begin() as conn:
        return await import_officers(conn, vault, read.rows)


async def go_on(engine: AsyncEngine, by: timedelta = timedelta(), **options: Any) -> None:
    """Move the clock, assess what falls due, and do a round of alerts."""
    if by:
        async with engine.begin() as conn:
            await advance_clock(conn, by)
    await judge_all(engine)
    await Alerts(engine, **options).round()


async def go_to(engine: AsyncEngine, moment: datetime) -> None:
    """Move the clock to a moment, assess, and do a round of alerts."""
    async with engine.connect() as conn:
        now = (await show_clock(conn)).now
    await go_on(engine, moment - now)


async def take_in_hand(engine: AsyncEngine, case_id: str, by: str, victim_id: str | None = None) -> int:
    """Acknowledge a card."""
    async with engine.begin() as conn:
        return await acknowledge(conn, case_id, by, victim_id)


async def cards_for(engine: AsyncEngine, ref: str, *, also_coming: bool = False) -> list[PersonCard]:
    """What a person sees."""
    async with engine.connect() as conn:
        return await cards_of_person(conn, ref, also_coming=also_coming)


async def all_notices(engine: AsyncEngine) -> Sequence[Any]:
    """Every notice, oldest first."""
    async with engine.connect() as conn:
        return (await conn.execute(select(notices).order_by(notices.c.made_at, notices.c.kind))).all()


async def paged(engine: AsyncEngine) -> list[tuple[str, str]]:
    """Every notice that is no list, oldest first: what it is, and to whom."""
    return [(each.kind, each.to_ref) for each in await all_notices(engine) if each.kind != "list"]


async def item(engine: AsyncEngine, rule: str, kind: str = "approaching") -> Any:
    """The row of one item."""
    async with engine.connect() as conn:
        found = await conn.execute(select(cards).where(cards.c.rule == rule, cards.c.kind == kind))
        return found.one()


def deliverer(engine: AsyncEngine, mail: str | None = None, control_room: str | None = None) -> Deliverer:
    """Whoever delivers, over the channel of service."""
    return Deliverer(engine, vault, StaffChannel(mail), PAGES, control_room)


@dataclass
class Mailbox:
    """What reached a mail server: sender, recipients and the message as it came."""

    port: int = 0
    refuses: bool = False
    recipients: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)

    def texts(self) -> list[str]:
        """The words of every message, with its subject first."""
        found = []
        for each in self.raw:
            message = message_from_string(each, policy=policy.default)
            body = message.get_body(("plain", "html"))
            assert body is not None
            found.append(f"{message['subject']}\n{body.get_content()}")
        return found


@asynccontextmanager
async def mail_server() -> AsyncIterator[Mailbox]:
    """A mail server on loopback that remembers."""
    box = Mailbox()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            verb = line.split(" ")[0].upper()
            if verb == "QUIT":
                break
            if verb == "RCPT":
                box.recipients.append(line.split(":", 1)[1].strip("<> "))
            if verb == "DATA" and not box.refuses:
                writer.write(b"354 go on\r\n")
                lines = []
                while (said := (await reader.readline()).decode()) != ".\r\n":
                    lines.append(said)
                box.raw.append("".join(lines))
            writer.write(b"550 no\r\n" if verb == "RCPT" and box.refuses else b"250 fine\r\n")
            await writer.drain()
        writer.write(b"221 bye\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box


@dataclass
class Hook:
    """What reached a webhook: first line and body of each request."""

    port: int = 0
    status: int = 200
    requests: list[tuple[str, str]] = field(default_factory=list)


@asynccontextmanager
async def webhook() -> AsyncIterator[Hook]:
    """A webhook on loopback that remembers."""
    hook = Hook()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        named = dict(each.lower().split(":", 1) for each in head.splitlines()[1:] if ":" in each)
        length = int(named["content-length"])
        hook.requests.append((head.splitlines()[0], (await reader.readexactly(length)).decode()))
        writer.write(f"HTTP/1.1 {hook.status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    hook.port = server.sockets[0].getsockname()[1]
    async with server:
        yield hook
