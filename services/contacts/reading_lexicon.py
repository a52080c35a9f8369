"""The phrases of the reader, kept as text files beside this module so that they can be read without Python.

A file has names (``her = victim|she``), sections (``[not_reached]``), phrases, one a line, and comments (``#``).
``{her}`` in a phrase stands for the name's words. What the sections are called, the reader's code decides: an unknown
or missing section is an error when the package is imported, not a silent misreading. The list of single words that
lean has their points for section (``[+2]``, ``[-1]``).
"""

from __future__ import annotations

import re
from importlib.resources import files

_PHRASE_FILES = ("lexicon_reach.txt", "lexicon_empty.txt", "lexicon_facts.txt", "lexicon_steps.txt")
_NAME = re.compile(r"(\w+) = (\S+)")
_WORTH = re.compile(r"\[([+-]\d)\]")
_SECTION = re.compile(r"\[([a-z_]+(?: [a-z_]+)?)\]")


def read_word_lists() -> dict[str, frozenset[str]]:
    """Return the lists of single words: ``plain`` and ``left_out_of_sketch``."""
    lists: dict[str, set[str]] = {}
    words: set[str] = set()
    for line in (files(__package__) / "lexicon_plain.txt").read_text("utf-8").splitlines():
        if headed := _SECTION.fullmatch(line):
            words = lists.setdefault(headed[1], set())
        elif not line.startswith("#"):
            words.update(line.split())
    return {name: frozenset(listed) for name, listed in lists.items()}


def read_leanings() -> dict[str, int]:
    """Return the points of the single words: above nought for what is said with news, below for form."""
    points: dict[str, int] = {}
    worth = 0
    for line in (files(__package__) / "lexicon_leaning.txt").read_text("utf-8").splitlines():
        if headed := _WORTH.fullmatch(line):
            worth = int(headed[1])
        elif not line.startswith("#"):
            points.update(dict.fromkeys(line.split(), worth))
    return points


def read_lexicon() -> tuple[dict[str, tuple[str, ...]], dict[str, frozenset[str]]]:
    """Return the phrases by section, and the words by name."""
    phrases: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for file in _PHRASE_FILES:
        phrases_of(file, (files(__package__) / file).read_text("utf-8"), phrases, names)
    return (
        {name: tuple(lines) for name, lines in phrases.items()},
        {name: frozenset(words.split("|")) for name, words in names.items()},
    )


def phrases_of(file: str, text: str, phrases: dict[str, list[str]], names: dict[str, str]) -> None:
    """Add the phrases and names of one file's text.

    Raises ValueError where a phrase stands before the first section.
    """
    section: list[str] | None = None
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if named := _NAME.fullmatch(line):
            names[named[1]] = named[2]
        elif headed := _SECTION.fullmatch(line):
            section = phrases.setdefault(headed[1], [])
        elif section is None:
            raise ValueError(f"{file}: a phrase stands before the first section; put it under a [section]")
        else:
            section.append(line.format_map(names))
