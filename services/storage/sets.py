"""Writing many rows in one statement: ``INSERT … SELECT … FROM unnest(:array, :array, …)``.

A row at a time cost a round trip each; an array a column does not, and the statement is prepared once, however many
rows it carries. Rows are inserted in the order given: two batches that name the same keys in opposite order would
wait for each other for ever, so callers whose keys may meet sort them first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert


def columns_of(rows: Iterable[Sequence[Any]], names: Sequence[str], prefix: str = "") -> dict[str, list[Any]]:
    """Turn rows into the arrays that the statements below take, by column name."""
    arrays: dict[str, list[Any]] = {prefix + name: [] for name in names}
    appends = [array.append for array in arrays.values()]
    for row in rows:
        for append, value in zip(appends, row, strict=True):
            append(value)
    return arrays


def unnested(table: Table, names: Sequence[str], prefix: str = "") -> FromClause:
    """Return the rows given as one array a column, typed as the table's columns are; arrays are named as columns are.

    An update that takes its values from them needs a prefix: SQLAlchemy keeps a column's own name for itself there.
    """
    # Of one dimension: a list in a JSON column is one value, and not a further row of an array of arrays.
    arrays = [bindparam(prefix + name, type_=ARRAY(table.c[name].type, dimensions=1)) for name in names]
    return func.unnest(*arrays).table_valued(*(table.c[name] for name in names), name="given").render_derived()


def insert_set(table: Table, names: Sequence[str], also: Mapping[str, ColumnElement[Any]] | None = None) -> Insert:
    """Return an insert of a whole set: ``names`` come as arrays, ``also`` are expressions such as the moment."""
    given = unnested(table, names)
    also = also or {}
    chosen = select(*(given.c[name] for name in names), *also.values())
    return insert(table).from_select([*names, *also], chosen, include_defaults=False)


def upsert_set(table: Table, names: Sequence[str], key: str) -> Insert:
    """Return an insert of a whole set that replaces rows whose ``key`` is there already."""
    statement = insert_set(table, names)
    return statement.on_conflict_do_update(
        index_elements=[key], set_={name: statement.excluded[name] for name in names if name != key}
    )


def and_tell(statement: Insert, *channels: str) -> Select[Any]:
    """Return the insert with a word to whoever listens on these channels, heard at commit: one round trip for both."""
    told = (func.pg_notify(bindparam(channel, channel), "") for channel in channels)
    return select(*told).add_cte(statement.cte("put"))


def is_among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that the column's value is in the array parameter ``name``."""
    return column == any_(bindparam(name, type_=ARRAY(column.type)))


def gathered(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the column's values of a group as one array: a hundred rows then cost the driver one."""
    return func.array_agg(column, type_=ARRAY(column.type))
