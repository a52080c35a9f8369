"""The words of invented contact notes: a grammar with many ways to say each thing, in an officer's shorthand.

A name in braces is another rule of the grammar or is given by whoever speaks (`{v}` how this officer writes "victim",
`{when}` and `{by}` days). All of it is our own wording; nobody's note was copied. Nothing here names a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    # how a note begins and ends
    "rang": (
        "Rang {v}", "Called {v}", "Spoke to {v} by phone", "T/C to {v}", "Phoned {v}", "Tel call to {v}",
        "Spoke with {v}", "Got hold of {v}", "{v} answered first time", "Call to {v} at the time agreed",
        "Reached {v} on the safe number", "Spoke to {v} briefly at work", "Caught {v} on a lunch break",
    ),
    "met": (
        "Saw {v} at home", "Met {v} at the station", "Home visit", "Met {v} at the adviser's office",
        "Went round to see {v}", "Sat down with {v} at the suite", "Saw {v} after court",
    ),
    "video": ("Video call with {v}", "Teams call with {v}", "Video call, {v} and adviser on the line"),
    "spoke": ("Update to {v}", "{v} updated", "Contact with {v}", "Conversation with {v}", "{v} contacted"),
    "inbound": (
        "{v} rang in", "{v} called the desk", "Call from {v}", "{v} rang my work mobile", "Message to call {v}, rang",
        "{v} rang 101 and was put through",
    ),
    "close": (
        "", "", "", "{v} thanked me for ringing.", "{v} ok with that.", "No questions.", "Understood.",
        "{v} upset but glad to know.", "{v} relieved.", "{v} tearful, stayed on the line until settled.",
        "Said it helps to be told.", "Has my number.", "{v} took notes.", "Asked me to tell mum too.",
        "Long call, 20 mins.", "Kept short, children there.",
    ),
    # what happened: told as news
    "suspect": ("suspect", "the suspect", "sus", "susp", "the ex-partner", "the person reported"),
    "identified": (
        "told {suspect} has been identified", "we now know who {suspect} is", "name put to {suspect} from CCTV",
        "CCTV gave us an ID for {suspect}",
    ),
    "arrested": (
        "told {suspect} was arrested {when}", "{suspect} arrested {when}, in custody now", "arrest made {when}",
        "{suspect} nicked {when} at home address", "explained {suspect} came into custody {when}",
        "{suspect} was picked up by response {when} and is at the station", "arrest {when} went without trouble",
    ),
    "interviewed": (
        "{suspect} interviewed {when}, no comment throughout", "told about the interview {when}: denies it",
        "{suspect} was interviewed under caution {when}, gave an account we now have to check",
        "interview done {when}, prepared statement read then no comment",
        "{suspect} interviewed {when} with solicitor, says it did not happen",
        "voluntary interview took place {when}, partly admits being there",
    ),
    "released_bail": (
        "{suspect} released {when} on bail with conditions not to contact {v}",
        "bailed {when}, no contact direct or indirect, not to enter the road",
        "told of bail {when}: conditions explained, copy to be posted",
        "bail from {when}, must stay away from home and work addresses",
        "{suspect} out on bail since {when}, went through each condition and what to do if one is broken",
    ),
    "released": (
        "{suspect} released {when} while we investigate, no conditions attached, explained why",
        "told that {suspect} is out since {when}, under investigation, no bail",
        "{suspect} left custody {when} without charge for now",
        "RUI {when}, explained that this means no conditions and what we can do instead",
    ),
    "bail_changed": (
        "bail has been changed {when}, new dates given", "bail extended {when}, same conditions",
        "bail conditions no longer run from {when}, safety plan gone through",
        "told of the change to bail {when} and what it means",
        "bail varied {when} so {suspect} may collect belongings with a third person only",
    ),
    "charged": (
        "{suspect} charged {when}", "told of the charge {when} and the first court date",
        "charge put {when}, first hearing at the magistrates", "CPS agreed the charge and {suspect} was charged {when}",
        "charged!! {when}. Court date given, no need for {v} to be there",
    ),
    "nfa": (
        "told the decision {when}: no further action, went through the reasons",
        "NFA decided {when}, not enough to put before a court, explained right to have it looked at again",
        "explained that the case is being closed as of {when} and why: the evidence does not reach the test",
        "decision {when} not to take it further, gave reasons in plain words, review leaflet sent",
    ),
    "not_investigated": (
        "told we will not be investigating further, decided {when}, with reasons",
        "explained the decision {when} not to open an investigation and how to challenge it",
    ),
    "out_of_court": (
        "{suspect} admitted it, dealt with by conditional caution {when}, conditions explained",
        "community resolution agreed {when}, told what it means",
        "dealt with out of court {when}, course and no contact for six months",
    ),
    "file_submitted": (
        "file went to CPS {when}", "case sent to the CPS for a decision {when}", "full file submitted to CPS {when}",
    ),
    "file_returned": (
        "CPS sent the file back {when}, they want two more statements",
        "file returned by CPS {when} with an action plan, phone evidence to be redone",
        "CPS asked for more {when}: bank records and one witness",
    ),
    "early_advice": (
        "early advice meeting with CPS held {when}", "CPS advice came in {when}, list of lines to follow",
        "had our appointment with the CPS lawyer {when}",
    ),
    "extracted": ("phone download finished {when}", "handset has been read, {when}", "phone work done {when}"),
    "order": ("order granted {when}, explained what it forbids", "court made the order {when}, any breach ring 999"),
    "conference": (
        "case was heard at the multi-agency meeting {when}, actions shared",
        "MARAC heard the case {when}, alarm to be fitted",
    ),
    "hearing": (
        "hearing listed, told date and court", "court date confirmed, told where and at what time",
        "listing came through {when}, date and time given", "case is listed, explained what will happen on the day",
    ),
    "hearing_changed": (
        "date has been moved, new date given, apologised for the court", "trial relisted, told the new date {when}",
        "hearing put back by the court, new date and time given",
    ),
    "court_bail": (
        "court bailed the defendant {when} with conditions, explained each", "remanded in custody by the court {when}",
        "bail decision of {when} explained",
    ),
    "warrant": (
        "defendant did not come to court {when}, warrant issued",
        "warrant out since {when}, told what happens when found",
    ),
    "rearrest": (
        "defendant was brought back before the court {when} after failing to appear",
        "re-arrested and back before the court {when}, told the next step",
    ),
    "verdict": (
        "verdict came in {when}, told straight away and what happens next", "told the jury's verdict {when}",
        "verdict {when}, talked through what it means",
    ),
    "sentence": (
        "sentence passed {when}, explained months and what is served",
        "told the sentence of {when} and about the contact scheme",
        "sentenced {when}, went through what it means and the appeal time",
    ),
    "appeal": ("appeal news {when} explained", "told that there is an appeal step {when} and what it means"),
    "special_measures": (
        "special measures decided {when}, screens explained", "judge decided on the screens {when}, told",
    ),
    "evidence_required": (
        "told that {v} will be needed as a witness, what that involves",
        "witness requirement explained, will need to give evidence",
    ),
    "escaped": (
        "told at once of the escape {when}, officers on the way to sit with {v}",
        "escape {when} told, safety plan started, marker on the address",
    ),
    # nothing happened, but something is awaited, with a day
    "awaited": (
        "waiting on {thing}, due {by}", "still need {thing}, expected by {by}",
        "next step is {thing}, should have it {by}",
        "told we are waiting for {thing} and that it should be here by {by}",
        "{thing} outstanding, promised to us for {by}", "no change since last time: {thing} expected {by}",
        "nothing new until {thing} comes, which is due {by}",
    ),
    "thing": (
        "the phone report", "the lab result", "CCTV from the bus company", "the bank's records", "the CPS decision",
        "two witness statements", "the medical notes", "the download of the suspect's laptop", "the council's records",
        "the interview with the neighbour", "a reply from the phone company", "the forensic report",
        "the counselling notes request", "a court date",
    ),
    "next_call": (
        "will ring again {by}", "next call {by}", "agreed I will ring {by} either way",
        "I ring again {by}, whatever has come in", "speak again {by}",
    ),
    # steps
    "support": (
        "ISVA ref done with consent", "referred to the IDVA service, they will ring tomorrow",
        "adviser's number passed on and a joint call booked", "counselling waiting list explained, referral sent",
        "victim support to ring this week", "arranged the adviser to come to the next meeting",
        "GP letter arranged so work knows", "school told, with consent, so attendance is understood",
    ),
    "safety": (
        "alarm to be fitted on Thursday", "address marker put on", "door camera ordered, fitting next week",
        "safety plan gone through again, new code word agreed",
        "told to ring 999 and say there are bail conditions if anybody turns up", "locks being changed by the council",
        "app set up on the phone", "safe times to ring changed to mornings",
        "patrol to pass by in the evenings this week",
    ),
    "practical": (
        "statement booked for {by} at the suite", "will bring belongings back {by}", "taxi booked for the interview",
        "statement copy handed over", "visit to the court arranged for {by}", "collected the messages on a stick",
        "expenses form filled in together", "interpreter booked for {by}",
    ),
    "answered": (
        "asked when the phone comes back: {by}",
        "wanted to know if {suspect} can come to the house: no, and what to do if so",
        "asked whether they have to give evidence in person, explained screens and video link",
        "asked who decides about the charge, explained the CPS and that we expect an answer by {by}",
        "asked if the statement can be added to, yes, booked for {by}",
        "asked what happens to the clothes we took, explained and dated {by}",
    ),
    # nothing at all
    "empty": (
        "no update", "no further update at this time", "nothing to report", "enquiries ongoing",
        "investigation ongoing", "no news as yet", "case still being looked into", "still with us", "no change",
        "matter remains under investigation", "nothing new from our end", "advised enquiries continue", "ongoing",
        "awaiting", "will be updated in due course", "advised no developments",
    ),
    "empty_more": (
        "Will be kept informed.", "Will update when there is something.", "VCOP complied with.", "28 day contact done.",
        "Victim contract updated.", "No concerns raised.", "All ok.", "Thanked for patience.", "Safe and well.",
        "Welfare check, no issues.", "Reassured that case is important to us.", "", "", "Next update in 28 days.",
        "Log updated.", "Compliance entry.",
    ),
    "polite": (
        "Dear Sir/Madam, your case is still being investigated. We will contact you when there is news.",
        "Hello, just to say that I have not forgotten you and that things are in hand. Take care.",
        "Good morning, this is your regular update. Enquiries are continuing. We value your patience.",
        "Hi, hope you are well. No update this time. I will be in touch.",
        "Hi, nothing to tell you yet I'm afraid, all still going on in the background. Regards",
    ),
    "turned_away": (
        "{v} rang wanting to know what is going on. Officer not on duty, message left in the tray.",
        "{v} asking for news. Told OIC will ring. Email sent.",
        "Call in from {v}, chasing. Advised that the officer is on rest days.",
        "{v} rang to ask if there is a date yet. I could not see the case, passed on.",
        "Wants an update. Task sent to OIC.", "{v} left a message asking to be rung.",
    ),
    # nobody reached
    "unanswered": (
        "No answer", "N/A", "No reply x2", "Rang out", "Tried {v}, no answer", "Phone off",
        "Straight to voicemail, none left", "No reply, will try later", "Tried twice, no answer, try tomorrow",
        "Called, rang out, no vm as agreed", "Not in", "Engaged, then no answer", "No ans. Will retry on lates",
    ),
    "voicemail": (
        "LVM asking {v} to ring", "Left message to call back", "Voicemail left, no details", "VM left",
        "Left a short voicemail, my name and number only", "Answerphone, asked to ring me",
    ),
    "bounced": (
        "Bounced back", "Not delivered", "Returned undelivered, will ring", "E-mail came back, mailbox full",
        "Text failed",
    ),
    "text": (
        "Hi, it's your officer. {news}. I will ring you {by} to talk it through.",
        "Hello, {news}. Ring me if you want to talk, else I ring {by}.", "{news}. More when we speak {by}.",
    ),
    "email": (
        "Dear {v}, as promised: {news}. I will ring on {by}. Kind regards",
        "Hello, to keep you in the picture: {news}. Next from me by {by}.", "E-mail sent: {news}. Will speak {by}.",
    ),
    "letter": (
        "Letter sent with date, court and a map: {news}.", "Letter: {news}. Leaflet on giving evidence enclosed.",
        "Letter posted, {news}.",
    ),
    "first": (
        "First call, introduced myself and what I do", "Intro call. Explained my role and how to reach me",
        "First proper conversation, talked through what happens next", "Introduced myself as the one point of contact",
        "Initial contact, explained the stages",
    ),
}  # fmt: skip

NEWS: Final[Mapping[str, str]] = {
    "policing.suspect.identified.v1": "identified",
    "policing.suspect.arrested.v1": "arrested",
    "policing.suspect.interviewed.v1": "interviewed",
    "policing.suspect.released.v1": "released",
    "policing.suspect.bail_changed.v1": "bail_changed",
    "policing.suspect.charged.v1": "charged",
    "policing.decision.no_further_action.v1": "nfa",
    "policing.decision.not_to_investigate.v1": "not_investigated",
    "policing.decision.out_of_court.v1": "out_of_court",
    "policing.phone.extracted.v1": "extracted",
    "prosecution.file.submitted.v1": "file_submitted",
    "prosecution.file.returned.v1": "file_returned",
    "prosecution.early_advice.received.v1": "early_advice",
    "safeguarding.order.granted.v1": "order",
    "safeguarding.marac.heard.v1": "conference",
    "court.hearing.listed.v1": "hearing",
    "court.hearing.changed.v1": "hearing_changed",
    "court.hearing.held.v1": "rearrest",
    "court.bail.decided.v1": "court_bail",
    "court.warrant.issued.v1": "warrant",
    "court.verdict.given.v1": "verdict",
    "court.sentence.passed.v1": "sentence",
    "court.appeal.lodged.v1": "appeal",
    "court.appeal.listed.v1": "appeal",
    "court.appeal.decided.v1": "appeal",
    "court.special_measures.decided.v1": "special_measures",
    "wcu.evidence.required.v1": "evidence_required",
    "probation.offender.escaped.v1": "escaped",
}
"""By which rule of the grammar each kind of news is told."""
