"""A pack that does not say all it must is refused, in a sentence that names the file, the rule and the field."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.journeys import shapes, triggers
from services.journeys.rule_set import load_rule_set, rule_set_of
from services.provisions.clause_reading import CONDITIONS
from services.provisions.packs import (
    PACKS_IN_SERVICE,
    PackError,
    names_of_packs,
    pack_text,
    read_pack,
    read_whole_pack,
)
from services.provisions.rule_reading import NARROWED
from services.provisions.rules import Rule

_FILE = "force.yaml"
_PACK: dict[str, Any] = {
    "pack": "FORCE",
    "version": 1,
    "title": "A force's own",
    "enabled": True,
    "in_force": {"from": date(2026, 1, 1), "to": "open"},
    "citation": {
        "instrument": "Force policy",
        "address": "https://example.police.uk/policy",
        "seen": date(2026, 11, 1),
    },
    "rules": [],
}
_TOLD: dict[str, Any] = {
    "id": "FORCE-ARREST",
    "owner": "police",
    "duty": "Tell the victim of an arrest",
    "shape": "told",
    "confidence": "H",
    "place": "paragraph 4",
    "limit": {"unit": "working_days", "standard": 3, "enhanced": 1},
    "triggers": [{"type": "policing.suspect.arrested"}],
}
_ACTED: dict[str, Any] = {
    **_TOLD,
    "id": "FORCE-CHECK",
    "shape": "acted",
    "match": ["device_ref"],
    "triggers": [{"type": "policing.phone.seized"}],
    "discharges": [{"type": "policing.phone.replacement_issued", "where": {"same_number": [True]}}],
}


def _text(*rules: Any, **header: Any) -> str:
    content = {**_PACK, "rules": list(rules), **header}
    return yaml.safe_dump({name: value for name, value in content.items() if value is not ...}, sort_keys=False)


def _refusal(text: str) -> str:
    with pytest.raises(PackError) as refused:
        read_pack(text, _FILE)
    return str(refused.value)


def test_a_rule_that_says_all_it_must_is_read() -> None:
    told, acted = read_pack(_text(_TOLD, _ACTED), _FILE)
    assert (told.citation.place, told.in_force_from, told.in_force_to) == ("paragraph 4", date(2026, 1, 1), None)
    assert told.citation.address == "https://example.police.uk/policy"
    assert acted.discharges[0].admits({"same_number": True})
    assert not acted.discharges[0].admits({"same_number": False})


@pytest.mark.parametrize("name", ["id", "owner", "duty", "shape", "confidence"])
def test_a_rule_without_what_every_rule_says_is_refused(name: str) -> None:
    without = {field: value for field, value in _TOLD.items() if field != name}
    which = "rule 1" if name == "id" else "rule FORCE-ARREST"
    assert _refusal(_text(without)).startswith(f"force.yaml, {which}: the field `{name}` is missing")


@pytest.mark.parametrize("name", ["instrument", "address", "seen"])
def test_a_rule_without_its_source_is_refused(name: str) -> None:
    citation = {field: value for field, value in _PACK["citation"].items() if field != name}
    said = _refusal(_text(_TOLD, citation=citation))
    assert said.startswith(f"force.yaml, rule FORCE-ARREST: the citation has no `{name}`")


@pytest.mark.parametrize(
    ("end", "sentence"), [("from", "`in_force.from` is missing"), ("to", "`in_force.to` is missing")]
)
def test_a_rule_without_the_dates_it_is_in_force_is_refused(end: str, sentence: str) -> None:
    dates = {name: value for name, value in _PACK["in_force"].items() if name != end}
    assert _refusal(_text(_TOLD, in_force=dates)).startswith(f"force.yaml, rule FORCE-ARREST: {sentence}")
    assert sentence in _refusal(_text({**_TOLD, "in_force": dates}))


_ODD_RULES: list[tuple[dict[str, Any], str]] = [
    ({"place": ...}, "the citation has no `place`"),
    ({"place": "not known: "}, "not why"),
    ({"address": "example.police.uk"}, "`address` must be"),
    ({"seen": "in November"}, "`seen` must be the day"),
    ({"in_force": {"from": "April", "to": "open"}}, "`in_force.from` must be a day"),
    ({"in_force": {"from": date(2026, 1, 1), "to": "never"}}, "`in_force.to` must be a day, YYYY-MM-DD, or open"),
    ({"in_force": {"from": date(2026, 1, 1), "to": date(2025, 1, 1)}}, "`in_force.to` lies before"),
    ({"in_force": "2026"}, "`in_force` says"),
    ({"confidence": "S"}, "`confidence` must be H, M or L"),
    ({"confidence": "L"}, "must be `advisory: true`"),
    ({"advisory": "perhaps"}, "`advisory` must be true or false"),
    ({"right": 13}, "`right` must be one of the Code's twelve"),
    ({"right": "six"}, "`right` must be one of the Code's twelve"),
    ({"id": "arrest"}, "`id` is capitals"),
    ({"owner": ["police", "CPS"]}, "`owner` must be text"),
    ({"shape": "heard"}, "`shape` must be one of: told"),
    ({"limits": {}}, "unknown field `limits`"),
    ({"limit": 5}, "`limit` says unit, standard and enhanced"),
    ({"limit": {"unit": "weeks", "standard": 1, "enhanced": 1}}, "`limit.unit` must be one of"),
    ({"limit": {"unit": "days", "standard": "5", "enhanced": 1}}, "`limit.standard` must be a whole number"),
    ({"limit": {"unit": "days", "standard": 5, "enhanced": -1}}, "`limit.enhanced` must be a whole number"),
    ({"limit": {"unit": "days", "standard": 1, "enhanced": 5}}, "Enhanced Rights never lengthen"),
    ({"triggers": []}, "`triggers` must name events"),
    ({"triggers": "policing.suspect.arrested"}, "`triggers` must be a list"),
    ({"triggers": [{"type": "policing.suspect.arested"}]}, "no event type `policing.suspect.arested`"),
    ({"triggers": [{"type": "policing.suspect.arrested", "when": 1}]}, "entry 1: it names a `type`"),
    ({"triggers": [{"type": "policing.suspect.released", "where": {"outcomes": ["bail"]}}]}, "has no field `outcomes`"),
    ({"triggers": [{"type": "policing.suspect.released", "where": {"outcome": ["bailed"]}}]}, "is never 'bailed'"),
    ({"triggers": [{"type": "policing.suspect.released", "where": {"outcome": "bail"}}]}, "the words that are meant"),
    ({"triggers": [{"type": "policing.suspect.arrested", "only_if": "raining"}]}, "`only_if` must be one of"),
    ({"discharges": [{"type": "contact.made"}]}, "`discharges` has no meaning"),
    ({"shape": "acted"}, "`discharges` must name"),
    ({"shape": "gate", "discharges": [{"type": "contact.made"}]}, "of the shape gate has no `limit`"),
    ({"shape": "phone", "discharges": [{"type": "policing.phone.returned"}]}, "a `limit` in hours"),
    ({"trigger_by": "chance"}, "`trigger_by` must be one of"),
    ({"trigger_by": "scheme_choice"}, "`trigger_by` must be one of"),
    ({"owner_from": "about_agency"}, "`owner_from` needs `about_agency`"),
    ({"match": "device_ref"}, "`match` must be a list"),
    ({"match": ["device_ref"]}, "`match` names `device_ref`"),
    ({"warn_hours": "18"}, "`warn_hours` must be a whole number"),
    ({"to_confirm_where": {"change": ["lapsed"]}}, "has no field `change`"),
]


@pytest.mark.parametrize(("change", "sentence"), _ODD_RULES, ids=[sentence for _change, sentence in _ODD_RULES])
def test_what_a_rule_misstates_is_named(change: dict[str, Any], sentence: str) -> None:
    rule = {name: value for name, value in {**_TOLD, **change}.items() if value is not ...}
    said = _refusal(_text(rule))
    assert said.startswith("force.yaml, rule ")
    assert sentence in said


@pytest.mark.parametrize("name", sorted(_PACK))
def test_a_pack_without_what_every_pack_says_is_refused(name: str) -> None:
    said = _refusal(_text(_TOLD, **{name: ...})) if name != "rules" else _refusal(_text(rules=...))
    assert said == f"force.yaml: the pack says nothing under `{name}`. Add it."


_ODD_PACKS: list[tuple[str, str]] = [
    (_text(_TOLD, _TOLD), "two rules have the id FORCE-ARREST"),
    (_text(_TOLD, since=2026), "unknown field `since`"),
    (_text(_TOLD, version="2"), "`version` must be a whole number"),
    (_text(_TOLD, enabled="no"), "`enabled` must be true or false"),
    (_text(rules={"id": "FORCE-ARREST"}), "`rules` must be a list"),
    (_text("FORCE-ARREST"), "rule 1: a rule is a list of fields"),
    (_text(_TOLD, based_on="VC2020"), "`based_on` says the `pack`"),
    (_text(_TOLD, based_on={"pack": "VC2026-DRAFT", "why": "so"}), "must be another pack"),
    (_text(_TOLD).replace("confidence: H", "confidence: H\n  confidence: M"), "`confidence` is said twice"),
    ("- a list", "this is no pack"),
    ("pack: [", "line 1: not readable as YAML"),
    ("? [a]\n: 1", "not readable as YAML"),
    ("", "this is no pack"),
]


@pytest.mark.parametrize(("text", "sentence"), _ODD_PACKS, ids=[sentence for _text, sentence in _ODD_PACKS])
def test_what_a_pack_misstates_is_named(text: str, sentence: str) -> None:
    said = _refusal(text)
    assert said.startswith("force.yaml")
    assert sentence in said


_JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.dates(), st.just([]), st.just({}), st.just([{}]),
    st.just([[]]), st.just({"from": None}), st.floats(),
)  # fmt: skip


@given(st.sampled_from([_TOLD, _ACTED]), st.data())
def test_no_odd_value_is_met_with_anything_but_a_sentence(rule: dict[str, Any], data: st.DataObject) -> None:
    changed = copy.deepcopy(rule)
    inside = data.draw(st.sampled_from([changed, changed["limit"], changed["triggers"][0]]))
    inside[data.draw(st.sampled_from([*inside, "match", "where", "right", "in_force", "owner_from"]))] = data.draw(
        _JUNK
    )
    said = ""
    try:
        read_pack(_text(changed), _FILE)
    except PackError as refused:
        said = str(refused)
    assert said == "" or said.startswith(_FILE)


@pytest.mark.parametrize("name", sorted(names_of_packs()))
def test_every_pack_that_ships_is_read(name: str) -> None:
    pack = read_whole_pack(pack_text(name), f"{name}.yaml")
    assert pack.name == name
    assert pack.rules
    assert pack.is_enabled is (name in PACKS_IN_SERVICE)


def _rule(rule_id: str) -> Rule:
    return load_rule_set().by_id[rule_id]


def test_a_place_that_could_not_be_read_says_so_and_why() -> None:
    assert not _rule("NAT-DISCLOSURE").citation.has_place
    assert "only the introduction was readable" in _rule("NAT-DISCLOSURE").citation.place
    assert _rule("NAT-DA-ASSAULT").citation.has_place


def test_the_draft_takes_over_every_rule_and_says_of_each_that_its_own_could_not_be_read() -> None:
    draft = read_whole_pack(pack_text("VC2026-DRAFT"), "VC2026-DRAFT.yaml")
    code = read_whole_pack(pack_text("VC2020"), "VC2020.yaml")
    assert [rule.id for rule in draft.rules] == [rule.id for rule in code.rules]
    assert draft.taken_over == draft.rules
    for ours, theirs in zip(draft.rules, code.rules, strict=True):
        assert ours.taken_from == "VC2020"
        assert ours.confidence in ("M", "L")
        assert not ours.citation.has_place
        assert (ours.limit, ours.triggers, ours.discharges) == (theirs.limit, theirs.triggers, theirs.discharges)


def test_a_copy_of_the_draft_states_the_rules_that_differ() -> None:
    text = pack_text("VC2026-DRAFT").replace(
        "rules: []",
        """rules:
  - {id: VC-R6-ARREST, right: 6, owner: police, confidence: M, shape: told, duty: "Tell the victim of an arrest",
     limit: {unit: working_days, standard: 2, enhanced: 1}, triggers: [{type: policing.suspect.arrested}]}""",
    )
    copied = read_whole_pack(text, "copy.yaml")
    (arrest,) = [rule for rule in copied.rules if rule.id == "VC-R6-ARREST"]
    assert arrest.taken_from is None
    assert arrest.limit is not None
    assert arrest.limit.standard == 2
    assert len(copied.taken_over) == len(copied.rules) - 1


def test_a_draft_raises_no_obligations() -> None:
    with pytest.raises(PackError, match="VC2026-DRAFT is not in force"):
        load_rule_set(["VC2026-DRAFT", "KENT"])


def test_two_packs_that_state_one_rule_are_refused_together() -> None:
    texts = {name: pack_text(name) for name in ("VC2020", "VC2026-DRAFT", "KENT")}
    with pytest.raises(PackError, match="VC2026-DRAFT and VC2020 both state VC-R3-CONFIRM"):
        rule_set_of(texts, ["VC2020", "VC2026-DRAFT"], also_drafts=True)


def test_flags_rest_on_the_copy_of_a_pack_where_that_is_chosen() -> None:
    mine = (
        pack_text("KENT")
        .replace("pack: KENT", "pack: FORCE")
        .replace("standard: 24, enhanced: 24", "standard: 20, enhanced: 20")
    )
    found = rule_set_of({"FORCE": mine, "KENT": pack_text("KENT")}, ["FORCE"])
    assert [rule.pack for rule in found.rules if rule.shape in ("phone", "rolling")] == ["FORCE", "FORCE"]
    assert found.rolling.pack == "FORCE"


def test_what_a_pack_may_name_is_what_the_core_has_written() -> None:
    assert triggers._NARROWED.keys() == NARROWED.keys()
    assert shapes.CONDITIONS.keys() == CONDITIONS
