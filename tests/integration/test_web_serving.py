"""Serving the pages over a real socket: a port that is taken, an address that is printed, a clean end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from datetime import datetime

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.settings import Settings
from services.web.app import build_web
from services.web.serve import PortTakenError, address_of, listen, serving
from tests.support.app import NOW
from tests.support.web import web_settings

_LIMIT_S = 60
_COMMAND = "import typer; from services.cli import web; app = typer.Typer(); web.register(app); app()"


async def test_pages_are_served_until_the_block_is_left(
    store_settings: Settings, engine: AsyncEngine, at_noon: datetime
) -> None:
    assert at_noon == NOW
    listening = listen("127.0.0.1", 0, may_choose=True)
    address = address_of(listening)
    async with serving(build_web(web_settings(store_settings), engine), listening), httpx.AsyncClient() as client:
        answer = await client.get(address)
        assert answer.status_code == 200
        assert "server" not in answer.headers
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(address)


def test_a_port_that_is_taken_is_left_for_another_or_said_in_a_sentence() -> None:
    first = listen("127.0.0.1", 0, may_choose=False)
    port = first.getsockname()[1]
    try:
        with pytest.raises(PortTakenError, match="WAYMARK_WEB_PORT"):
            listen("127.0.0.1", port, may_choose=False)
        other = listen("127.0.0.1", port, may_choose=True)
        assert other.getsockname()[1] != port
        other.close()
    finally:
        first.close()


def test_the_command_prints_where_the_pages_are_and_ends_when_told(store_settings: Settings) -> None:
    assert store_settings.database_url is not None
    environment = {
        **os.environ,
        "WAYMARK_DATABASE_URL": store_settings.database_url.get_secret_value(),
        "WAYMARK_MASTER_KEY": "only for tests: a key of thirty-two characters or more",
    }
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", _COMMAND, "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"web (http://127\.0\.0\.1:\d+)\n", line)
        assert found is not None
        assert httpx.get(found[1], timeout=_LIMIT_S).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(_LIMIT_S) == 0
