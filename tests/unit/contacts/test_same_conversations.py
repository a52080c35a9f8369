from __future__ import annotations

from services.contacts.grading import same_conversations
from tests.unit.contacts.believable import NEWS, NO_NEWS, contact, grades, happening


def test_records_within_fifteen_minutes_by_one_officer_are_one_contact() -> None:
    graded = grades(
        [
            contact("Updated.", name="a", officer="P-1"),
            contact(NEWS, name="b", minutes=10, officer="P-1"),
            contact("VIC updated.", name="c", minutes=15, officer="P-1"),
        ]
    )
    assert [graded[name].grade for name in "abc"] == ["meaningful"] * 3
    assert [graded[name].same_as for name in "abc"] == ["b", None, "b"]


def test_the_same_words_make_records_one_without_an_officer() -> None:
    graded = grades([contact(NO_NEWS, name="a"), contact(NO_NEWS.upper(), name="b", minutes=1)])
    assert graded["b"].same_as == "a"


def test_two_records_without_words_do_not_have_the_same_words() -> None:
    assert len(same_conversations([contact(None, name="a"), contact("…", name="b"), contact("...", name="c")])) == 3


def test_each_record_is_compared_with_the_first_and_not_along_a_chain() -> None:
    records = [
        contact("Updated.", name=name, minutes=at, officer="P-1") for name, at in (("a", 0), ("b", 10), ("c", 20))
    ]
    conversations = same_conversations(records)
    assert [[record.event_id for record in each.records] for each in conversations] == [["a", "b"], ["c"]]


def test_another_channel_direction_outcome_or_officer_is_another_contact() -> None:
    records = [
        contact("Updated.", name="a", officer="P-1"),
        contact("Updated.", name="b", minutes=1, officer="P-1", channel="sms"),
        contact("Updated.", name="c", minutes=1, officer="P-1", direction="inbound"),
        contact("Updated.", name="d", minutes=1, officer="P-1", outcome="no_answer"),
        contact("All told.", name="e", minutes=1, officer="P-2"),
    ]
    assert len(same_conversations(records)) == 5


def test_sixteen_minutes_later_is_another_contact() -> None:
    assert len(same_conversations([contact(NO_NEWS, name="a"), contact(NO_NEWS, name="b", minutes=15.1)])) == 2


def test_the_longest_note_counts_and_a_tie_goes_to_the_first() -> None:
    (conversation,) = same_conversations(
        [contact("abcd efgh", name="a", officer="P-1"), contact("efgh abcd", name="b", minutes=1, officer="P-1")]
    )
    assert conversation.counted.event_id == "a"


def test_what_any_record_names_counts_for_all() -> None:
    records = [
        contact("Rang about the arrest.", name="a", officer="P-1"),
        contact(None, name="b", minutes=2, officer="P-1", informed_of=("e1",)),
    ]
    graded = grades(records, [happening("policing.suspect.arrested.v1", days=-1)])
    assert (graded["a"].grade, graded["b"].grade) == ("meaningful", "meaningful")
    assert (graded["a"].reasons[0], graded["b"].same_as) == ("new_fact", "a")
