"""What may stand in no file of ours, and how long one may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.code_health.own_files import COMPILED, own_files, python_files, text_of

LONGEST = 350
LISTS = (*COMPILED, "contracts/schemas/", "infra/migrations/versions/", "services/contacts/lexicon_")
"""Nobody reads these from top to bottom: generated, a word list, or a migration, written once and never changed."""

CLOCK_FILE = "infra/clock.py"
_CLOCKS = {"datetime": {"now", "utcnow", "today"}, "date": {"today"}, "time": {"time", "time_ns"}}

_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("repo1", "maven"), ("repo", "maven"), ("npmjs", "org"),
        ("npmjs", "com"), ("crates", "io"), ("proxy", "golang"), ("docker", "io"), ("conda", "anaconda"),
    )
]  # fmt: skip
"""Written in parts, or this file would name them."""

_MACHINE = re.compile(r"(?<![\w.:/}-])/(?:work|root|tmp|home|Users|private)/")
"""A path that begins at the root of somebody's machine."""

_BETWEEN = r"[ ().-]{0,3}"
_PHONE = re.compile(rf"(?<![\w+.])(?:\+|00)44{_BETWEEN}(?:0{_BETWEEN})?[1-9](?:{_BETWEEN}\d){{8,9}}(?![\w])"
                    rf"|(?<![\w+.])07(?:{_BETWEEN}\d){{9}}(?!\w)")  # fmt: skip
_ABROAD = re.compile(rf"(?<![\w+])\+(?!44|999)[1-9](?:{_BETWEEN}\d){{8,14}}(?!\w)")
"""Numbers of other countries; 999 is no country's, so a number that must be nobody's may begin with it."""

_DRAMA = re.compile(r"(?:44|0)0?7700900\d{3}")


def phone_numbers(text: str) -> list[str]:
    """The telephone numbers in a text that could be somebody's."""
    found = [match[0] for pattern in (_PHONE, _ABROAD) for match in pattern.finditer(text)]
    return [each for each in found if not _DRAMA.fullmatch(re.sub(r"\D", "", each).removeprefix("00"))]


def clocks_read(source: str) -> Iterator[str]:
    """The ways in which a module reads this machine's clock."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                if name in _CLOCKS.get(owner, ()):
                    yield f"{owner}.{name}, line {node.lineno}"
            case ast.ImportFrom(module="time", names=names):
                yield from (f"{each.name}, line {node.lineno}" for each in names if each.name in _CLOCKS["time"])


@pytest.mark.parametrize(
    "number", ["07911" + " 123456", "+44" + "7911123456", "0044 20 " + "7946 0123", "+1 202 " + "555 0142"]
)
def test_a_number_that_may_be_somebodys_is_recognised(number: str) -> None:
    assert phone_numbers(f"ring {number}, or 07700 900123, or +44 (0)7700 900999") == [number]


def test_no_phone_number_outside_the_drama_range_stands_in_any_file() -> None:
    found = {
        f"{path}: {number}"
        for path in own_files()
        if str(path) not in COMPILED
        for number in phone_numbers(text_of(path))
    }
    assert not found, "use 07700 900000 to 900999, or +999 where a number must be outside that range"


@pytest.mark.parametrize(
    "source", ["datetime.now(UTC)", "x = dt.datetime.utcnow", "date.today()", "time.time()", "from time import time_ns"]
)
def test_reading_the_clock_is_recognised(source: str) -> None:
    assert list(clocks_read(source))


def test_the_clock_is_read_in_one_file_only() -> None:
    found = {str(path): list(clocks_read(text_of(path))) for path in python_files()}
    assert [path for path, clocks in found.items() if clocks] == [CLOCK_FILE], found


def test_no_package_registry_is_named() -> None:
    assert not [f"{path}: {host}" for path in own_files() for host in _HOSTS if host in text_of(path)]


def test_a_path_of_a_machine_is_recognised() -> None:
    assert _MACHINE.search('Path("/' + 'tmp/x")')
    assert not _MACHINE.search("https://example.org/work/x, services/root/x and ./tmp/x")


def test_no_path_of_a_machine_is_named() -> None:
    assert not [f"{path}: {found[0]}" for path in own_files() if (found := _MACHINE.search(text_of(path)))]


def test_no_file_is_too_long_to_read() -> None:
    counted = {str(path): text_of(path).count("\n") for path in own_files()}
    long = {path: count for path, count in counted.items() if count > LONGEST and not path.startswith(LISTS)}
    assert not long
