"""What every command may be given."""

from __future__ import annotations

import getpass
import os

import pytest

from services.cli.given import who_asks


def test_who_asks_is_named_by_number_where_the_system_knows_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert who_asks() == f"cli:{os.getuid()}"
