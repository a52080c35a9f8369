"""Rubbish goes in among good events: each becomes a clear dead letter or a clear result, and its neighbours go on."""

from __future__ import annotations

import json

from tests.support.running import Up, case_event, eventually

_AT = "2026-11-10T14:20:00+00:00"
_Record = tuple[str | None, bytes, list[tuple[str, bytes | None]]]


def _arrest(case_id: str, event_id: str = "arrest", at: str = _AT) -> dict[str, object]:
    return case_event(case_id, event_id, "policing.suspect.arrested", at, suspect_ref="S-1")


def _raw(event: object, key: str = "KP-BAD") -> _Record:
    return (key, json.dumps(event).encode(), [])


REFUSED: dict[str, tuple[_Record, str]] = {
    "not JSON": (("KP-BAD", b"{", []), "not JSON"),
    "wrong type of a field": (
        _raw(_arrest("KP-BAD", "b1") | {"data": {"victim_id": 7, "suspect_ref": "S"}}),
        "victim_id",
    ),
    "naive time": (_raw(_arrest("KP-BAD", "b2", "2026-11-10T14:20:00")), "offset"),
    "a null header in binary mode": (("KP-BAD", b"{}", [("ce_type", None), ("ce_id", b"b3")]), "ce_type"),
    "a header that is not UTF-8": (("KP-BAD", b"{}", [("ce_type", b"\xff"), ("ce_id", b"b4")]), "ce_type"),
    "JSON 100,000 levels deep": (("KP-BAD", b"[" * 100_000 + b"]" * 100_000, []), "nested"),
    "the year 1900": (_raw(_arrest("KP-BAD", "b5", "1900-01-01T00:00:00Z")), "2000 to 2099"),
    "the year 2200": (_raw(_arrest("KP-BAD", "b6", "2200-01-01T00:00:00Z")), "2000 to 2099"),
    "the year 9999": (_raw(_arrest("KP-BAD", "b7", "9999-12-31T23:59:59Z")), "2000 to 2099"),
    "NUL in an id": (_raw(_arrest("KP-BAD", "b8\0")), "NUL"),
    "half a surrogate pair in an id": (_raw(_arrest("KP-BAD", "b9\ud83d")), "surrogate"),
}

KEPT: dict[str, tuple[_Record, str]] = {
    "an unknown type": (_raw(case_event("KP-K1", "k1", "police.horse.fed", _AT), "KP-K1"), "KP-K1"),
    "a case id of 500 characters": (_raw(_arrest("K" * 500, "k500"), "K" * 500), "K" * 500),
    "an event id of 12,000 characters": (_raw(_arrest("KP-K2", "i" * 12_000), "KP-K2"), "KP-K2"),
    "a note of 1 MB": (
        _raw(
            case_event("KP-K3", "k3", "contact.made", _AT, channel="phone", direction="outbound", outcome="reached",
                       note="told of the arrest and the bail until Friday. " * 22_000),
            "KP-K3",
        ),
        "KP-K3",
    ),
    "a field nobody knows of 900 kB": (_raw(_arrest("KP-K4", "k4") | {"x": "y" * 900_000}, "KP-K4"), "KP-K4"),
    "years 1900, 2200 and 9999 in data": (
        _raw(
            case_event("KP-K5", "k5", "policing.suspect.released", _AT, suspect_ref="S-1", outcome="bail",
                       ends_on="9999-12-31", recorded_at="2200-01-01T00:00:00Z"),
            "KP-K5",
        ),
        "KP-K5",
    ),
    "NUL, emoji and right-to-left text in data": (
        _raw(
            case_event("KP-K6", "k6", "policing.suspect.arrested", _AT, suspect_ref="S-\0 \U0001f600 \u05e9\u05dc"),
            "KP-K6",
        ),
        "KP-K6",
    ),
    "half a surrogate pair in a note": (
        _raw(
            case_event("KP-K7", "k7", "contact.made", _AT, channel="phone", direction="outbound", outcome="reached",
                       note="told of \ud83d the arrest"),
            "KP-K7",
        ),
        "KP-K7",
    ),
    "headers that mean nothing": (
        ("KP-K8", json.dumps(_arrest("KP-K8", "k8")).encode(), [("x", None), ("y", b"\xff\xfe")]),
        "KP-K8",
    ),
}  # fmt: skip


def _arrests(up: Up, case_id: str) -> list[str]:
    """The arrests that a victim of the case is owed word of."""
    duties = up.stored(case_id)["obligations"]
    return [each["trigger_event_id"] for each in duties if each["rule"] == "VC-R6-ARREST"]


def test_rubbish_becomes_dead_letters_and_its_neighbours_go_on(up: Up) -> None:
    up.start("--now", "2026-11-10T17:00:00Z")
    good = [_arrest(f"KP-GOOD-{number}", f"good-{number}") for number in range(6)]
    mixed = [record for record, _words in (*REFUSED.values(), *KEPT.values())]
    among = [_raw(each, str(each["subject"])) for each in good]
    up.publish(*(each for number, record in enumerate(mixed) for each in (among[number % len(good)], record)))
    up.send(*good)

    letters = eventually(lambda: up.json("dead", "list"), lambda seen: len(seen) >= len(REFUSED))
    assert len(letters) == len(REFUSED)
    for name, (_record, words) in REFUSED.items():
        assert any(words in letter["reason"] for letter in letters), f"no dead letter says {words!r} ({name})"
    for name, (_record, case_id) in KEPT.items():
        assert up.stored(case_id)["case_id"] == case_id, name
    for event in good:
        assert _arrests(up, str(event["subject"])) == [event["id"]]
    up.run("rebuild", "--verify")
    up.run("ledger", "verify")
    assert len(up.json("dead", "list")) == len(letters)


def test_one_id_in_two_partitions_counts_once_and_the_second_is_shown_on_both_cases(up: Up) -> None:
    up.start("--now", "2026-11-10T17:00:00Z")
    first, second = _arrest("KP-ONE", "same"), _arrest("KP-TWO", "same")
    up.send(first)
    up.stored("KP-ONE")
    up.send(second, _arrest("KP-TWO", "other"))

    letters = eventually(lambda: up.json("dead", "list"))
    assert len(letters) == 1
    eventually(lambda: _arrests(up, "KP-TWO"), lambda seen: seen == ["other"])
    assert len(up.json("dead", "list")) == len(letters)
