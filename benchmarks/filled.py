"""Filling a store with very many cases: a few that the product itself accepted and assessed, copied under new names.

Everything that is stored of a case follows from its name: texts hold it, ids and keys are hashes over it, the ledger
is chained over those. So a copy is the case that the product would have made of the same events under another name;
``repaired`` lets the product say so. Only a fact's keyed digest of its content is the first case's: it is looked at
when an event comes a second time, and here none does. Notes and their keys are not copied: no assessment reads them.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from services.projections.ledger import chained
from services.storage.tables import case_key

AT_ONCE: Final = 5000
"""Cases whose rows go to the store together."""

TABLES: Final = (
    "facts", "cases", "case_victims", "obligations", "flags", "news", "case_views", "ledger", "cards", "text_requests",
)  # fmt: skip
_ID_CHARACTERS: Final = 32

Made = Callable[[dict[bytes, bytes]], Any]
"""Makes one value of a copy from what its name and ids are."""

Row = tuple[list[Any], list[tuple[int, Made]]]
"""A row of the first case, and which of its values are another's in a copy."""


@dataclass(slots=True)
class Pattern:
    """One case that the product made, taken apart: how each value of its rows follows from the case's name."""

    name: str
    rows: Mapping[str, list[dict[str, Any]]]
    _ids: dict[bytes, bytes] = field(default_factory=dict)
    """Ids (hexadecimal) by what they are hashes of."""
    _keys: dict[bytes, bytes] = field(default_factory=dict)
    """Keys (32 bytes) by what they are hashes of."""
    _made: dict[str, list[Row]] = field(default_factory=dict)
    _tokens: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        """Find out what every id and key is a hash of, and take every value apart."""
        self._find_ids()
        self._tokens = re.compile(b"|".join([re.escape(self.name.encode()), *self._ids]))
        self._find_keys()
        for table in TABLES:
            self._made[table] = [self._taken_apart(list(row.values())) for row in self.rows[table]]

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns of the copies' rows."""
        return list(self.rows[table][0]) if self.rows[table] else []

    def copies(self, names: Iterable[str]) -> Iterator[dict[str, list[list[Any]]]]:
        """Return the rows of the same case under each name, by table."""
        ids = {old: self._format(of) for old, of in self._ids.items()}
        head = self.columns("cases").index("ledger_head")
        entry = self.columns("ledger").index("entry")
        for name in names:
            values = {self.name.encode(): name.encode()}
            values |= {old: sha256(of % values).hexdigest()[:_ID_CHARACTERS].encode() for old, of in ids.items()}
            found = {table: [_copied(row, values) for row in rows] for table, rows in self._made.items()}
            links = chained(None, [row[entry] for row in found["ledger"]])
            for row, link in zip(found["ledger"], links, strict=True):
                row[entry:] = link
            found["cases"][0][head] = links[-1][2]
            yield found

    def _find_ids(self) -> None:
        for row in self.rows["obligations"]:
            body = json.loads(row["body"])
            parts = [body[each] for each in ("rule", "victim_id", "trigger_source", "trigger_event_id")]
            self._ids[row["id"].encode()] = msgspec.json.encode((self.name, *parts))
        for row in self.rows["flags"]:
            body = json.loads(row["body"])
            parts = [body[each] for each in ("kind", "victim_id", "event_id", "since")]
            self._ids[row["id"].encode()] = json.dumps((self.name, *parts, "1")).encode()
        for row in self.rows["news"]:
            body = json.loads(row["body"])
            parts = [body[each] for each in ("victim_id", "source", "event_id", "purpose")]
            self._ids[row["id"].encode()] = json.dumps((self.name, *parts)).encode()
        for id_, of in self._ids.items():
            if sha256(of).hexdigest()[:_ID_CHARACTERS].encode() != id_:
                raise LookupError(f"An id is not the hash it is taken for: {of.decode()}")

    def _find_keys(self) -> None:
        found = {self.name}
        found |= {f"{row['source']}\0{row['event_id']}" for row in self.rows["facts"]}
        found |= {row["victim_id"] for row in self.rows["case_victims"]}
        for card in self.rows["cards"]:
            kind = card["kind"]
            family = "duty" if kind in {"approaching", "overdue"} else kind
            beside = card["event_id"] if kind in {"grade", "link"} else ""
            found.add("\0".join((self.name, family, card["about"], beside or "", card["victim_id"] or "")))
        safe = b"".join(
            row["event_id"].encode() + row["payload"]
            for row in self.rows["facts"]
            if row["type"] == "policing.safe_contact.recorded.v1"
        )
        texts = [each.encode() for each in found]
        texts += [card["addressee"].encode() + safe for card in self.rows["cards"]]
        self._keys = {sha256(each).digest(): each for each in texts}
        unknown = [card["card_key"] for card in self.rows["cards"] if card["card_key"] not in self._keys]
        if unknown:
            raise LookupError(f"{len(unknown)} cards have a key that is not the hash it is taken for.")

    def _format(self, value: bytes) -> bytes:
        """Return the value with the name and every id in it as places to be filled."""
        return self._tokens.sub(lambda token: b"%%(%b)s" % token[0], value.replace(b"%", b"%%"))

    def _taken_apart(self, row: list[Any]) -> Row:
        made = [(at, self._maker(value)) for at, value in enumerate(row)]
        return row, [(at, make) for at, make in made if make is not None]

    def _maker(self, value: Any) -> Made | None:
        """Return what makes a copy's value of this one, None where it is the same in every copy."""
        if isinstance(value, bytes) and value in self._keys:
            of = self._format(self._keys[value])
            return lambda values: sha256(of % values).digest()
        if isinstance(value, UUID):
            return lambda _: uuid4()
        if isinstance(value, bytes) and self._tokens.search(value):
            bytes_with = self._format(value)
            return lambda values: bytes_with % values
        if isinstance(value, str) and self._tokens.search(value.encode()):
            text_with = self._format(value.encode())
            return lambda values: (text_with % values).decode()
        return None


def _copied(row: Row, values: dict[bytes, bytes]) -> list[Any]:
    first, others = row
    made = first[:]
    for at, make in others:
        made[at] = make(values)
    return made


async def pattern_of(connection: Any, name: str) -> Pattern:
    """Return a case of the store, taken apart."""
    rows = {}
    for table in TABLES:
        order = "ORDER BY sequence" if table == "ledger" else ""
        query = f"SELECT * FROM {table} WHERE case_key = $1 {order}"  # noqa: S608 - our own tables
        rows[table] = [dict(row) for row in await connection.fetch(query, case_key(name))]
    return Pattern(name, rows)


async def fill(connection: Any, pattern: Pattern, names: Sequence[str]) -> None:
    """Copy a case under many names; returns when all of them are in the store."""
    for at in range(0, len(names), AT_ONCE):
        rows: dict[str, list[list[Any]]] = {table: [] for table in TABLES}
        for copy in pattern.copies(names[at : at + AT_ONCE]):
            for table, some in copy.items():
                rows[table] += some
        for table, some in rows.items():
            if some:
                await connection.copy_records_to_table(table, records=some, columns=pattern.columns(table))


@asynccontextmanager
async def without_indexes(connection: Any) -> AsyncIterator[None]:
    """Take the indexes that hold no constraint away while the block fills the store: made at once they cost less."""
    found = await connection.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made FROM pg_index "
        "WHERE indrelid::regclass::text = ANY ($1) AND NOT indisunique",
        list(TABLES),
    )
    for index in found:
        await connection.execute(f"DROP INDEX {index['name']}")
    yield
    for index in found:
        await connection.execute(index["made"])
    await connection.execute(f"ANALYZE {', '.join(TABLES)}")
