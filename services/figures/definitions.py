"""What each figure means, in plain words, as data: nobody should have to read code to know what a number says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure: its id, the group it stands with, its name, what it means, and the day that decides its period."""

    id: str
    group: str
    name: str
    words: str
    period: str = "the day it happened"


_DUE: Final = "due date"
_PER_VICTIM: Final = " A victim in two cases is counted once."

DEFINITIONS: Final = (
    Definition(
        "on_time_rate",
        "on time",
        "On-time rate",
        "Duties met before their due moment, of all that fell due in the period and were not waived. Rescinded duties "
        "do not exist any more. Left out and counted beside: open and not yet due, advisory, waived, and not measured "
        "(no connected source could show the rule to be met). Failures are told apart: late (met after its date; days "
        "are Working Days after it, with median and 90th percentile), never (still not met), and not linked (a "
        "meaningful contact may have met it, but nobody said what was told there); not linked stays in the "
        "denominator. Duties under rules still to be confirmed are counted, and how many they are stands beside. "
        "Court and Witness Care Unit, and Witness Care Unit and probation, are owners of their own.",
        _DUE,
    ),
    Definition(
        "good_reason_rate",
        "on time",
        "Good-reason rate",
        "Of failures that began on or after 29 January 2025, those for which a good reason is recorded; how many of "
        "them somebody other than the recorder reviewed stands beside. It is never added to the on-time rate.",
        _DUE,
    ),
    Definition(
        "untimed_done",
        "on time",
        "Duties without a date",
        "Duties for which the Code names no time: how many of those owed were done, however late.",
        "the day it began",
    ),
    Definition(
        "met_on_time_recorded_late",
        "honesty",
        "Met in time, written down after the date",
        "Duties met in time whose evidence was first written down when the due date had passed (for a contact that "
        "names nothing itself, when somebody said later what it had covered), of all met in time; with the median of "
        "days between date and writing. Much of it is a sign of filling in afterwards.",
        _DUE,
    ),
    Definition(
        "waived_share",
        "honesty",
        "Share waived",
        "Duties the victim chose not to have, of all that fell due or were waived. A high share raises the rate.",
        _DUE,
    ),
    Definition(
        "thinly_evidenced_share",
        "honesty",
        "Thinly evidenced",
        "Of duties met by a contact, those whose contact has no words: only the claim that it named the news.",
        _DUE,
    ),
    Definition(
        "met_by_text_alone",
        "honesty",
        "Met by text alone",
        "Of duties met by a contact, those met by a text while nobody spoke with the victim from trigger to date.",
        _DUE,
    ),
    Definition(
        "regrades",
        "honesty",
        "Grades changed by supervisors",
        "Contacts whose grade a supervisor changed, of all; raised and lowered apart.",
    ),
    Definition(
        "grader_error",
        "honesty",
        "The grader's measured error",
        "How often the grader was wrong on labelled contacts it was not built on, as measured when its edition was "
        "made: real updates called empty (which harm trust most). Neither of this force's contacts nor of this period.",
        "when the edition was made",
    ),
    Definition(
        "seldom_or_no_frequency",
        "honesty",
        "Agreed to hear seldom, or only when something happens",
        "Of victims with an agreement on how often to be in touch, those who agreed to more than 42 days or to no "
        "number; and of those, with how many no conversation is recorded on the day of the agreement." + _PER_VICTIM,
        "the day of the victim's first report",
    ),
    Definition(
        "meaningful_contact_rate",
        "contact",
        "Meaningful-contact rate",
        "Contacts in which the victim learned something, of all conversations and attempts. Two records of one "
        "conversation are one; a supervisor's grade counts instead of the grader's.",
    ),
    Definition(
        "tick_box_share",
        "contact",
        "Tick-box share",
        "Contacts in which the victim was reached and learned nothing, of all that reached them.",
    ),
    Definition(
        "tick_box_runs",
        "contact",
        "Victims with two or more tick-box contacts in a row",
        "Victims for whom the second of such a run lies in the period, of all who were reached in it (attempts between "
        "are set aside)." + _PER_VICTIM,
    ),
    Definition(
        "agreed_frequency_kept",
        "contact",
        "Agreed frequency kept",
        "Update periods whose length had been agreed with the victim and that a real update closed in time, of all "
        "such periods that fell due.",
        _DUE,
    ),
    Definition(
        "agreement_recorded",
        "contact",
        "Agreement recorded",
        "Victims with whom it is recorded how often they want to hear, of all who reported." + _PER_VICTIM,
        "the day of the victim's first report",
    ),
    Definition(
        "promises_kept",
        "contact",
        "Promises kept",
        "Contacts that reached the victim by the day they had been told they would hear, of all such days that are "
        "past or kept already. A call that nobody answered keeps no promise.",
        "the day promised",
    ),
    Definition(
        "phone_hours",
        "investigation",
        "Victims' phones",
        "Phones returned or replaced under the same number within 24 hours, of all taken whose 24 hours are over or "
        "that are back; with hours without a phone (of those that are over), replacements and phones still missing.",
        _DUE,
    ),
    Definition(
        "early_advice_days",
        "investigation",
        "Early advice",
        "Days from the report to asking for early advice in sexual offences: up to 28, 29 to 48, over 48. The share is "
        "of those asked for. Cases charged or ended before the 28th day owe none and are not here.",
        "due date of the 28 days",
    ),
    Definition(
        "transfers",
        "investigation",
        "Files between police and CPS",
        "For each suspect a file was sent about: how often it went to and fro, and how many days each side held it in "
        "stays that are over.",
        "the day of the last transfer",
    ),
    Definition(
        "enhanced_flagged_late",
        "investigation",
        "Enhanced Rights written down late",
        "Victims whose offence or age gives Enhanced Rights by itself, and whose assessment did not say so by the end "
        "of the next Working Day, of all such victims." + _PER_VICTIM,
        "the day of that report",
    ),
    Definition(
        "disclosure_days",
        "investigation",
        "Disclosure within 28 days",
        "Requests for disclosure answered (made or refused) within 28 days, of all answered or past their date.",
        _DUE,
    ),
    Definition(
        "support_withdrawn",
        "leaving",
        "Support withdrawn",
        "How often victims no longer supported the prosecution, by how far the case had come; those who never did "
        "(from_outset) apart. Days since the last meaningful contact, and how the case stands or ended.",
    ),
    Definition(
        "nfa_told_in_time",
        "closing",
        "No further action: told in time",
        "Decisions to take no further action of which the victim was told in time, of all whose date for telling them "
        "has come.",
    ),
    Definition(
        "nfa_review_information",
        "closing",
        "No further action: review explained",
        "Of those told, how many for whom it is recorded that the way to ask for a review was explained. Not recorded "
        "is not the same as not done.",
    ),
    Definition(
        "nfa_panel_reviewed",
        "closing",
        "No further action: reviewed by a panel",
        "Decisions to take no further action that a panel looked at, of all such decisions.",
    ),
    Definition(
        "nfa_no_suspect_interviewed",
        "closing",
        "No further action: no suspect interviewed",
        "Decisions to take no further action before which the suspect they name (or anybody, where they name none) had "
        "not been interviewed; with the reasons given.",
    ),
    Definition(
        "report_to_nfa_days",
        "closing",
        "Days from report to no further action",
        "Calendar days from the victim's first report to the decision.",
    ),
    Definition(
        "officers_dealt_with",
        "journey",
        "Officers dealt with",
        "How many officers recorded a contact that reached the victim, or took an account; over all of a victim's "
        "cases that were reported in the period.",
        "the day of the victim's first report",
    ),
    Definition(
        "repeated_accounts",
        "journey",
        "Repeated accounts",
        "Victims who gave an account more than once, of all who gave one." + _PER_VICTIM,
        "the day of the victim's first report",
    ),
    Definition(
        "hearings",
        "journey",
        "Hearings and adjournments",
        "Hearings held and hearings adjourned, a case, in cases that had a hearing in the period.",
    ),
    Definition(
        "charge_to_outcome_days",
        "journey",
        "Days from charge to outcome",
        "Calendar days from the first charge of a suspect to the verdict, or to the CPS stopping the case.",
        "the day of the outcome",
    ),
    Definition("reviews_held", "journey", "Reviews held", "Reviews of cases that were held, by whom."),
    Definition(
        "referral_to_engaged_days",
        "journey",
        "From referral to a service in touch",
        "Referrals after which the service was in touch, of all made; with calendar days in between.",
        "the day of the referral",
    ),
    Definition(
        "contacts_inside_hours",
        "journey",
        "Contacts inside the victim's hours",
        "Calls, visits and texts to the victim inside the hours recorded as safe at that time, of those for which "
        "hours were recorded.",
    ),
    Definition(
        "with_and_without_solo_or_dalo",
        "journey",
        "With and without a SOLO or DALO",
        "The Code's duties met in time, contacts, and support withdrawn, for victims with and without one ever "
        "assigned. Such victims differ in much else; the difference is no measure of what a SOLO does.",
        "due date, and the day of the victim's first report",
    ),
    Definition(
        "live_cases_per_solo",
        "journey",
        "Live cases per SOLO",
        "How many live cases each SOLO has now, as load: no SOLO is named and none is ranked.",
        "today, whatever the period",
    ),
    Definition(
        "survey_answers",
        "journey",
        "What victims answered",
        "Answers to surveys; the share is of those who said whether they were kept informed.",
    ),
    Definition(
        "survey_beside_compliance",
        "journey",
        "Answers beside compliance",
        "The on-time rate of the Code's duties that were owed to the victims who felt kept informed, and to those who "
        "did not. Where the two do not differ, the rate does not measure what matters.",
        "the day of the answer, and the due date",
    ),
)  # fmt: skip
"""Every figure there is, in the order in which the audit has them."""

GRADER_MEASURED: Final = ("grader-2", 186, 7)
"""The edition that was measured, real updates it was shown (labelled, and not looked at while it was made), and how
many of them it called empty (docs/adr/0008-the-grader.md). A later edition needs a measure of its own."""

NOT_MEASURABLE: Final = (
    (
        "officers named in the case whom the victim never met",
        "No event says who was present; officers are counted by what they recorded.",
    ),
    (
        "days the police held a file before it was first sent",
        "The investigation itself is no stay: nothing marks when the file was ready.",
    ),
    (
        "conversations of support services",
        "They belong to the service and are not sent to Waymark.",
    ),
    (
        "grades of contacts before the first edition of the grader",
        "They are graded by the first edition; no other existed.",
    ),
    (
        "feeds silent in the past",
        "Only when each feed was last heard is kept, so silence is offered as a good reason while it lasts.",
    ),
    (
        "what was told and never recorded",
        "A contact nobody wrote down does not exist here; promises kept and surveys are the check on it.",
    ),
)
"""What was asked for, or might be expected, and cannot be seen in events; each with why."""
