"""`waymark topics`: the Kafka topics, and where reading begins again after a restore."""

from __future__ import annotations

import typer

from infra.running import NothingRunningError, with_servers
from infra.topics import TopicsError, apply_topics
from services.cli.given import Data, settings_of
from services.cli.restored import rewind_topic
from services.cli.speaking import give_up

topics_app = typer.Typer(no_args_is_help=True, help="The Kafka topics.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    topics_app.command("apply")(topics_apply)
    topics_app.command("rewind")(rewind_topic)
    app.add_typer(topics_app, name="topics")


def topics_apply(data: Data = None) -> None:
    """Create the topics or bring their settings into line, and say what was done."""
    try:
        reached = with_servers(settings_of(data))
        for each in apply_topics(reached):
            typer.echo(f"{each.outcome:<10} {each.name} {each.says}".rstrip())
    except (NothingRunningError, TopicsError) as problem:
        give_up(str(problem))
