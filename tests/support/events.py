"""Case events as lines, for tests that read them as a file would be read."""

from __future__ import annotations

import json
from typing import Any


def line(event_id: str, type_: str, at: str, /, *, case_id: str = "KP-1", victim_id: str = "V-1", **data: Any) -> bytes:
    """One case event as a line of a file; the type is given without its version."""
    return json.dumps({
        "specversion": "1.0",
        "id": event_id,
        "source": "/kent/rms",
        "type": f"{type_}.v1",
        "subject": case_id,
        "time": at,
        "data": {"victim_id": victim_id, **data},
    }).encode()  # fmt: skip
