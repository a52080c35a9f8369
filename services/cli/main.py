"""``waymark``: the one command, made of the modules of this folder."""

from __future__ import annotations

import typer

from services.cli.later import Later, group_of

_Waymark = group_of(
    Later(
        "up",
        "up",
        "Bring everything up on this machine; SIGINT or SIGTERM stops all. Servers whose addresses are set are used.",
    ),
    Later(
        "send",
        "sending",
        "Publish events to case.events, keyed by subject, and say how many were; exit 1 if any was refused.",
    ),
    Later(
        "migrate",
        "migrating",
        "Bring the database's schema to this version; doing it twice, or in several processes, is no harm.",
    ),
    Later("case", "case", "Say of one case in the store what is owed, now or at another moment. The look is logged."),
    Later(
        "rebuild",
        "rebuilding",
        "Derive everything from the facts again; what differs is put right and announced with cause repair.",
    ),
    Later(
        "explain",
        "explaining",
        "Say why an obligation stands as it does, from its trigger to its verdict. The look is logged.",
    ),
    Later(
        "assess",
        "cases",
        "Say of each case in the files what is owed at a moment; exit 1 if a line was refused (the rest is printed).",
    ),
    Later(
        "grade",
        "cases",
        "Grade every contact of a contacts file; exit 1 if a line was refused (the rest is printed).",
    ),
    Later(
        "settings",
        "settings",
        "List every setting: its name, what it means, its default and whether it is set; secrets are never shown.",
    ),
    Later(
        "doctor",
        "doctor",
        "Check everything Waymark depends on and say what to do; exit 1 if something keeps it from working.",
    ),
    Later("ingest", "ingest", "Run the process that reads case events from Kafka into the store."),
    Later("clock", "clock", "Run the process that assesses cases when they have news, and when their time has come."),
    Later("relay", "relay", "Run the process that carries announcements and dead letters to Kafka."),
    Later("notify", "notify", "Run the process that decides about texts, sends those that may go, and alerts staff."),
    Later("web", "web", "Serve the pages until stopped; prints `web http://…` once they can be asked for."),
    Later(
        "report",
        "report",
        "Print the figures of a period. The audit is internal: it shows small counts, unless --published is given.",
    ),
    Later(
        "simulate",
        "simulate",
        "Invent a force's year of cases; the same seed, number of cases and last day give the same bytes everywhere.",
    ),
    Later("dead", "dead_letters", "Records that could not be read, with the reason of each."),
    Later("ledger", "ledger", "The record of everything announced, chained by hash."),
    Later("rules", "rules", "The packs: what is owed, by whom, within what time, and its source."),
    Later("worklist", "worklist", "Show open alerts and tasks, what is to be done soonest first."),
    Later("texts", "texts", "Texts to victims: what became of each, and the one switch."),
    Later("text", "texts", "What would be sent, and why not."),
    Later("people", "people", "Contact points of victims: kept encrypted, never shown."),
    Later("officers", "officers", "Who is at work when, who stands in for whom, and where they are told."),
    Later("topics", "topics", "The Kafka topics."),
    Later("time", "timing", "The clock everything is judged by; a simulated one can be moved."),
    Later(
        "restored",
        "restored",
        "After a backup was restored: docs/runbooks/backup-and-restore.md says it step by step.",
    ),
)


def build_app() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(
        name="waymark",
        cls=_Waymark,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
        help="Tells, ahead of time, what a victim of crime is owed under the Victims' Code, by whom and by when.",
    )
    app.callback()(_waymark)
    return app


def _waymark() -> None:
    """Keep a group that has no command of its own a group."""


def main() -> None:
    """Run the command line."""
    build_app()()
