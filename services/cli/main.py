"""``waymark``: the one command, made of the modules of this folder."""

from __future__ import annotations

import typer

from services.cli import (
    cases,
    events,
    ledger,
    officers,
    path,
    people,
    processes,
    report,
    restored,
    rules,
    servers,
    simulate,
    texts,
    up,
    web,
    worklist,
)


def build_app() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(
        name="waymark",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
        help="Tells, ahead of time, what a victim of crime is owed under the Victims' Code, by whom and by when.",
    )
    for module in (
        up,
        events,
        path,
        ledger,
        rules,
        cases,
        worklist,
        texts,
        people,
        officers,
        servers,
        processes,
        web,
        restored,
        report,
        simulate,
    ):
        module.register(app)
    return app


def main() -> None:
    """Run the command line."""
    build_app()()
