"""Commands that are loaded when they are chosen: there are fifty, and no two need the same libraries.

Loading all of them took two seconds of computing before any of them began. click describes groups that load lazily;
Typer has none. So a group lists a command as a `Later`, by its name and its sentence, and imports the command's module
once it is chosen, or its own help is asked for. A test holds each sentence to what the command says of itself.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class Later(TyperCommand):
    """A command or group of commands of which only the name and the sentence are loaded.

    `module` is a module of this folder whose `register` adds the command to a command line.
    """

    def __init__(self, name: str, module: str, says: str) -> None:
        super().__init__(name, help=says)
        self._module = module

    def loaded(self) -> Any:
        """Return the command itself, importing its module."""
        app = typer.Typer()
        # What is loaded stays: that the collector looks for garbage in it while it grows takes a tenth of the time.
        gc.disable()
        try:
            import_module(f"{__package__}.{self._module}").register(app)
        finally:
            gc.enable()
        return get_group(app).commands[str(self.name)]

    def make_context(self, *args: Any, **named: Any) -> Any:
        """Begin the command itself: whatever is done with a chosen command begins here."""
        return self.loaded().make_context(*args, **named)


def group_of(*later: Later) -> type[TyperGroup]:
    """Return a kind of group that lists these commands after its own."""

    class Group(TyperGroup):
        def __init__(self, *, commands: Mapping[str, Any] | None = None, **named: Any) -> None:
            listed = {str(each.name): each for each in later}
            super().__init__(commands={**(commands or {}), **listed}, **named)

    return Group
