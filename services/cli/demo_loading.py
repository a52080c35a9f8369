"""Loads the demo into a running `waymark up`: officers and people first, by the code of their imports, then events."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from io import StringIO
from typing import Final

from sqlalchemy import func, select

from contracts.topics import CASE_EVENTS
from infra import clock
from infra.clock import parse_instant, parse_start
from infra.settings import Settings, SettingsError
from services.cli.demo import CASES, Demo, live_since
from services.cli.ground import Ground
from services.cli.speaking import tell
from services.contacts.officers_file import read_officers
from services.contacts.people_file import read_people
from services.projections.demo_cases import demo_cases, demo_day, standing_of
from services.provisions.working_days import WorkingDays, london_date
from services.publishing import KafkaPublisher
from services.relay import Outgoing
from services.storage.officers import import_officers
from services.storage.people import import_points

_LOOK_EVERY_S: Final = 1.0
_SAY_EVERY_S: Final = 10.0
_PATIENCE_S: Final = 600.0
_AT_ONCE: Final = 5_000


def refuse_in_service(settings: Settings) -> None:
    """Refuse to load invented cases beside real ones.

    Raises:
        SettingsError: where this is a service.
    """
    if settings.service:
        raise SettingsError(["Invented cases are not loaded in service (WAYMARK_SERVICE): leave out --demo."])


async def live_for_a_while(ground: Ground, *, loads_demo: bool) -> Ground:
    """Return the ground with a go-live some weeks before the demo's day, where it is a demo's and nothing else is set.

    A store that holds a demo is a demo's however it is started: otherwise all that was quiet would be announced then.
    """
    if ground.settings.announce_from is not None or ground.settings.service:
        return ground
    async with ground.engine.connect() as conn:
        day = await demo_day(conn)
        now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    if day is None and loads_demo:
        day = london_date(now)
    if day is None:
        return ground
    return replace(ground, settings=ground.settings.model_copy(update={"announce_from": live_since(day)}))


@asynccontextmanager
async def loading_demo(ground: Ground, cases: int = CASES) -> AsyncIterator[None]:
    """Load the demo beside whatever is done meanwhile; what is not loaded by the end is left."""
    task = asyncio.create_task(_load_or_say_why(ground, cases), name="demo")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _load_or_say_why(ground: Ground, cases: int) -> None:
    try:
        await load_demo(ground, cases)
    except Exception as failure:  # noqa: BLE001 - whatever keeps a demo from loading, everything else goes on
        tell(f"The demo was not loaded whole ({type(failure).__name__}): start `waymark up --demo` again.")


async def load_demo(ground: Ground, cases: int = CASES, say: Callable[[str], None] = tell) -> bool:
    """Load the demo of this day and wait until it can be looked at; False where the store holds one already.

    What was stopped half-way is told again on the same day: the same events, which are taken once.
    """
    began = clock.monotonic()
    async with ground.engine.connect() as conn:
        now: datetime = (await conn.execute(select(func.waymark_now()))).scalar_one()
    demo = await asyncio.to_thread(Demo, now, cases)
    async with ground.engine.connect() as conn:
        known = await demo_cases(conn, demo.name)
    if known.others or known.of_today >= demo.cases():
        say(
            f"This store holds {known.others + known.of_today} simulated cases already: the demo is not loaded again. "
            "For a fresh one name another folder with --data."
        )
        return False
    await _import_officers_and_people(ground, demo, say)
    await _send(ground, demo, say)
    await _wait(ground, demo, began, say)
    return True


async def _import_officers_and_people(ground: Ground, demo: Demo, say: Callable[[str], None]) -> None:
    in_service = ground.settings.service
    officers = read_officers(_as_csv(demo.officers()), parse_instant, in_service=in_service, days=WorkingDays())
    people = read_people(_as_csv(demo.people()), parse_start, in_service=in_service)
    if officers.refusals or people.refusals:
        raise AssertionError("the demo's own files cannot be read: " + (officers.refusals + people.refusals)[0])
    async with ground.engine.begin() as conn:
        await import_officers(conn, ground.vault, officers.rows)
    async with ground.engine.begin() as conn:
        await import_points(conn, ground.vault, people.rows)
    say(f"The demo has {len(officers.rows)} invented officers with shifts and {len(people.rows)} telephone numbers.")


async def _send(ground: Ground, demo: Demo, say: Callable[[str], None]) -> None:
    events = await asyncio.to_thread(lambda: list(demo.events()))
    failed = 0
    async with KafkaPublisher(ground.settings, "waymark-demo") as publisher:
        for first in range(0, len(events), _AT_ONCE):
            messages = [
                Outgoing(topic=CASE_EVENTS.name, key=case_id.encode(), value=value, headers=())
                for case_id, value in events[first : first + _AT_ONCE]
            ]
            failed += sum(1 for each in await publisher.send_all(messages) if each is not None)
    say(
        f"{len(events) - failed} invented events were sent."
        + (f" {failed} were not: start `waymark up --demo` again." if failed else "")
    )


async def _wait(ground: Ground, demo: Demo, began: float, say: Callable[[str], None]) -> None:
    """Wait until every event is stored, every case assessed and every card planned, and say how far that has come."""
    cases, facts = demo.cases(), demo.facts()
    said = clock.monotonic()
    while clock.monotonic() - began < _PATIENCE_S:
        async with ground.engine.connect() as conn:
            standing = await standing_of(conn, demo.name)
        if standing.facts >= facts and not standing.waiting and not standing.unplanned:
            say(f"The demo is ready to look at: {cases} cases, after {clock.monotonic() - began:.0f} seconds.")
            return
        if clock.monotonic() - said >= _SAY_EVERY_S:
            said = clock.monotonic()
            say(f"The demo: {standing.facts} of {facts} events stored, {standing.assessed} of {cases} cases assessed.")
        await asyncio.sleep(_LOOK_EVERY_S)
    say("The demo is not assessed whole after ten minutes; `waymark doctor` says what is wrong.")


def _as_csv(rows: Iterable[tuple[str, ...]]) -> StringIO:
    """Return the rows as the import's file would hold them."""
    file = StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows(rows)
    file.seek(0)
    return file
