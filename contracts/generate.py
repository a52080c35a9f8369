"""Writes the JSON Schema of every event type, in and out: ``python -m contracts.generate``.

The files are checked in, so that a change of the contract is seen in review; a test compares them with the models.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from contracts.announcements import PUBLISHED
from contracts.registry import TYPES

SCHEMAS: Final = Path(__file__).parent / "schemas"
EXAMPLES: Final = Path(__file__).parent / "examples"


def schemas() -> Mapping[str, str]:
    """Return the text of every schema file, by full event type."""
    return {name: _schema(name, model.model_json_schema()) for name, model in {**TYPES, **PUBLISHED}.items()}


def _schema(name: str, described: dict[str, object]) -> str:
    """Return one schema as the text of its file."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:waymark:{name}"}
    return json.dumps(head | described, indent=2, ensure_ascii=False) + "\n"


def write() -> int:
    """Write every schema, remove those of types that are no more, and return how many there are."""
    wanted = schemas()
    SCHEMAS.mkdir(exist_ok=True)
    for file in SCHEMAS.glob("*.json"):
        if file.stem not in wanted:
            file.unlink()
    for name, text in wanted.items():
        (SCHEMAS / f"{name}.json").write_text(text, encoding="utf-8")
    return len(wanted)


if __name__ == "__main__":
    sys.stdout.write(f"{write()} schemas written to {SCHEMAS.name}/\n")
