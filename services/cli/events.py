"""Commands about events on their way in: send, and dead letters."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.running import NothingRunningError, with_servers
from infra.settings import Settings
from services.cli.path import progress_bar
from services.cli.reaching import Data, settings_of, with_store
from services.cli.speaking import FINDINGS, WRONG_USE, give_up, print_json, tell
from services.publishing import KafkaPublisher
from services.sending import Sending, await_store, retry_dead_letters, send_lines
from services.storage.dead_letters import DeadLetterShown, DeadLetterWhole, list_dead_letters, whole_dead_letters
from services.storage.tables import DeadLetterState
from services.storage.vault import Vault

dead_app = typer.Typer(no_args_is_help=True, help="Records that could not be read, with the reason of each.")

T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    app.command("send")(send_files)
    dead_app.command("list")(dead_list)
    dead_app.command("show")(dead_show)
    dead_app.command("retry")(dead_retry)
    app.add_typer(dead_app, name="dead")


def send_files(
    files: Annotated[list[Path], typer.Argument(help="CloudEvents, one a line; - is standard input")],
    wait: Annotated[bool, typer.Option("--wait", help="until each is stored or refused")] = False,
    data: Data = None,
) -> None:
    """Publish events to case.events, keyed by subject, and say how many were; exit 1 if any was refused."""
    missing = [str(path) for path in files if str(path) != "-" and not path.is_file()]
    if missing:
        give_up(f"There is no file {', '.join(missing)}.", WRONG_USE)

    async def send(settings: Settings, *, follow: bool) -> Sending:
        sending = Sending()
        async with KafkaPublisher(settings, "waymark-send") as publisher:
            with progress_bar("publishing") as told:
                await send_lines(publisher, _lines(files), sending, follow=follow, told=told)
        return sending

    async def send_and_wait(engine: AsyncEngine, vault: Vault, settings: Settings) -> tuple[Sending, bool]:
        sending = await send(settings, follow=True)
        with progress_bar("storing", len(sending.waiting)) as told:
            return sending, await await_store(engine, vault, sending, told)

    if wait:
        sending, is_settled = with_store_and_kafka(data, send_and_wait)
    else:
        sending, is_settled = with_kafka(data, lambda settings: send(settings, follow=False)), True
    _say(sending, waited=wait)
    if sending.failures or sending.refused or not is_settled:
        raise typer.Exit(FINDINGS)


def _say(sending: Sending, *, waited: bool) -> None:
    for failure in sending.failures[:20]:
        tell(failure)
    if sending.unkeyed:
        tell(f"{sending.unkeyed} lines are not JSON with a subject: they were sent as they are, for the dead letters.")
    counts = f"{sending.published} published"
    if waited:
        counts += f", {sending.stored} stored, {sending.refused} refused"
    typer.echo(counts)
    if sending.refused:
        tell("`waymark dead list` says why each was refused.")
    if waited and sending.waiting:
        tell(f"{len(sending.waiting)} are neither stored nor refused yet: is `waymark up` or `waymark ingest` running?")


def dead_list(
    state: Annotated[DeadLetterState | None, typer.Option(help="only those that are so")] = None,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else there")] = False,
) -> None:
    """List dead letters, oldest first: where each stood and why it was refused."""

    async def look(engine: AsyncEngine, _vault: Vault, _settings: Settings) -> list[DeadLetterShown]:
        async with engine.connect() as conn:
            return await list_dead_letters(conn, state)

    letters = with_store(data, look)
    if as_json:
        print_json([_as_json(each) for each in letters])
        return
    if not letters:
        typer.echo("There are no dead letters.")
    for each in letters:
        typer.echo(f"{each.id:>6}  {each.state.value:<8} {each.topic}/{each.partition}/{each.offset}  {each.reason}")


def dead_show(
    number: Annotated[int, typer.Argument(help="as `waymark dead list` has it")],
    with_value: Annotated[
        bool, typer.Option("--value", help="also the record itself, which may hold somebody's words")
    ] = False,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else there")] = False,
) -> None:
    """Show one dead letter whole: reason, position, headers, and with --value what it held."""

    async def look(engine: AsyncEngine, vault: Vault, _settings: Settings) -> list[DeadLetterWhole]:
        async with engine.connect() as conn:
            return await whole_dead_letters(conn, vault, [number])

    found = with_store(data, look)
    if not found:
        give_up(f"There is no dead letter {number}.")
    letter = found[0]
    content = {
        **_as_json(letter.shown),
        "headers": [
            [name, None if value is None else value.decode(errors="replace")] for name, value in letter.headers
        ],
    }
    if letter.missing is not None:
        content["record"] = letter.missing
    if with_value:
        content["value"] = None if letter.value is None else letter.value.decode(errors="backslashreplace")
    if as_json:
        print_json(content)
        return
    for name, value in content.items():
        typer.echo(f"{name:<16} {value}")


def dead_retry(
    numbers: Annotated[list[int] | None, typer.Argument(help="as `waymark dead list` has them")] = None,
    everything: Annotated[bool, typer.Option("--all", help="all that are open")] = False,
    data: Data = None,
) -> None:
    """Publish dead letters to case.events once more, as they came: after a new version can read them."""
    if bool(numbers) == everything:
        give_up("Name dead letters by number, or say --all.", WRONG_USE)

    async def do(engine: AsyncEngine, vault: Vault, settings: Settings) -> tuple[list[int], list[str]]:
        async with KafkaPublisher(settings, "waymark-retry") as publisher:
            return await retry_dead_letters(engine, vault, publisher, None if everything else numbers)

    done, failures = with_store_and_kafka(data, do)
    for failure in failures:
        tell(failure)
    typer.echo(f"{len(done)} published once more")
    if failures:
        raise typer.Exit(FINDINGS)


def with_kafka(data: Data, work: Callable[[Settings], Awaitable[T]]) -> T:
    """Do what needs the broker alone; what stands in the way is said in a sentence."""

    async def run() -> T:
        return await work(with_servers(settings_of(data)))

    with _kafka_problems_said():
        return asyncio.run(run())


def with_store_and_kafka(data: Data, work: Callable[[AsyncEngine, Vault, Settings], Awaitable[T]]) -> T:
    """Do what needs the broker and the store; what stands in the way is said in a sentence."""

    async def run(engine: AsyncEngine, vault: Vault, _settings: Settings) -> T:
        return await work(engine, vault, with_servers(settings_of(data)))

    with _kafka_problems_said():
        return with_store(data, run)


@contextmanager
def _kafka_problems_said() -> Iterator[None]:
    try:
        yield
    except (NothingRunningError, LookupError) as problem:
        give_up(str(problem))
    except KafkaError as problem:
        give_up(f"Kafka cannot be worked with ({type(problem).__name__}): `waymark doctor` says what is wrong.")


def _lines(files: list[Path]) -> Iterator[bytes]:
    for path in files:
        if str(path) == "-":
            yield from sys.stdin.buffer
        else:
            with path.open("rb") as file:
                yield from file


def _as_json(letter: DeadLetterShown) -> dict[str, Any]:
    return {
        "id": letter.id,
        "state": letter.state.value,
        "reason": letter.reason,
        "field": letter.field,
        "case_id": letter.case_id,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "received_at": letter.received_at.isoformat(),
        "retried_at": letter.retried_at.isoformat() if letter.retried_at else None,
        "publish_problem": letter.publish_problem,
        "size": letter.size,
    }
