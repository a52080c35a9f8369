"""Every figure of the simulation: what the source documents say, and what they do not say and we assume.

Documents: 000 Kent Police's strategy 2021-24 and the Commissioner's page of actions; 001 the Commissioner's inquiry
report; 002 and 003 the inquiry's web pages; 004 the paper to the Performance and Delivery Board of 2021. Shares are of
one; spreads are quantiles evenly apart (least, …, median, …, most), in days where nothing else is said.
"""

from __future__ import annotations

from typing import Final

from services.simulator.chance import assumed, seen

# ── How many, what, when ──────────────────────────────────────────────────────────────────────────────────────────────
FORCE_YEAR: Final = seen(12_000, "001", "56,358 victims in the five years to March 2022: 11,272 a year, and some men")
CARRIED_IN: Final = assumed(
    0.06, "of 12,000 cases, what is above the 11,272 new victims a year: begun earlier, in court"
)
CARRIED_DAYS: Final = assumed((30.0, 110.0, 210.0, 330.0, 480.0), "how long before the year such a case was reported")
OFFENCES: Final = seen(
    (
        ("rape", 0.035), ("sexual_assault", 0.035), ("sexual_offence_other", 0.015),
        ("child_sexual_exploitation", 0.005), ("assault", 0.22), ("domestic_abuse", 0.30), ("harassment", 0.18),
        ("stalking", 0.13), ("coercive_control", 0.055), ("honour_based_abuse", 0.008), ("forced_marriage", 0.003),
        ("fgm", 0.002), ("other", 0.012),
    ),
    "001",
    "rape and other sexual offences 9 %, violence with injury 17 %, the rest (violence without injury, stalking, "
    "harassment) almost three quarters; how each splits is assumed, stalking high because it grows fastest",
)  # fmt: skip
CARRIED_OFFENCES: Final = assumed(
    (("rape", 0.3), ("sexual_assault", 0.25), ("sexual_offence_other", 0.05), ("domestic_abuse", 0.15),
     ("assault", 0.1), ("coercive_control", 0.08), ("stalking", 0.07)),
    "what waits for a court from before the year is mostly Crown Court work",
)  # fmt: skip
DOMESTIC_ASSAULT: Final = assumed(0.65, "001: four times as much happens in the home as in the street; not all of it")
DOMESTIC_OTHER: Final = assumed(0.4, "stalking and harassment by a former partner")
MONTHS: Final = seen(
    (0.94, 0.9, 0.97, 0.99, 1.03, 1.08, 1.12, 1.1, 1.02, 0.98, 0.94, 0.93), "001", "spikes in summer; sizes assumed"
)
WEEKDAYS: Final = seen((0.98, 1.06, 1.06, 0.98, 0.95, 1.0, 0.97), "001", "Tuesdays and Wednesdays highest")
HOURS: Final = seen(
    (0.05, 0.04, 0.03, 0.02, 0.015, 0.01, 0.01, 0.015, 0.025, 0.035, 0.04, 0.045, 0.055, 0.065, 0.07, 0.07, 0.065,
     0.06, 0.055, 0.05, 0.05, 0.05, 0.055, 0.05),
    "001",
    "most between early afternoon and early evening, yet two fifths in the hours of the night-time economy",
)  # fmt: skip
OLD_OFFENCE: Final = assumed(0.22, "sexual offences reported long after; the rest within days")
OLD_YEARS: Final = assumed((0.5, 1.2, 3.0, 9.0, 30.0), "years before the report")
RECENT_DAYS: Final = assumed((0.0, 0.0, 0.2, 1.0, 3.0, 12.0), "most call on the day")
SECOND_VICTIM: Final = assumed(0.04, "children of the household, housemates, a friend")
KNOWN_VICTIM: Final = assumed(0.09, "001 speaks of repeat victims and gives no share")
SUSPECTS: Final = assumed(((1, 0.88), (2, 0.1), (3, 0.02)), "one mostly: partners and former partners")
RESTRICTED: Final = assumed(0.004, "a suspect or victim known to the force's people")
UNRESTRICTED: Final = assumed(0.3, "restrictions lifted again")
# ── Who reports, and how ──────────────────────────────────────────────────────────────────────────────────────────────
MALE: Final = seen(
    (("rape", 0.11), ("sexual_assault", 0.20), ("sexual_offence_other", 0.20), ("child_sexual_exploitation", 0.22),
     ("domestic_abuse", 0.27), ("assault", 0.27), ("coercive_control", 0.27), ("stalking", 0.23), ("harassment", 0.23),
     ("honour_based_abuse", 0.09)),
    "000",
    "table October 2020 to September 2021: share of male victims by kind; assault and harassment taken as the nearest",
)  # fmt: skip
AGES: Final = seen(
    (("under_18", 0.12), ("18_24", 0.24), ("25_34", 0.28), ("35_44", 0.18), ("45_54", 0.1), ("55_64", 0.05),
     ("65_plus", 0.02), ("unknown", 0.01)),
    "001",
    "19 to 28 most at risk, those in their thirties as much as teenagers, then falling; sizes assumed",
)  # fmt: skip
AGES_SEXUAL: Final = seen(
    (("under_18", 0.26), ("18_24", 0.28), ("25_34", 0.2), ("35_44", 0.13), ("45_54", 0.08), ("55_64", 0.03),
     ("65_plus", 0.02)),
    "001",
    "a spike at 14 and 15, largely sexual offences; sizes assumed",
)  # fmt: skip
CHANNELS: Final = assumed(
    (("999", 0.5), ("101", 0.24), ("online", 0.1), ("front_counter", 0.07), ("third_party", 0.07), ("other", 0.02)),
    "violence is called in while it happens; 001 gives shares for sexual offences alone",
)
CHANNELS_RAPE: Final = seen(
    (("999", 0.3), ("101", 0.27), ("online", 0.1), ("front_counter", 0.1), ("sarc", 0.05), ("third_party", 0.18)),
    "001",
    "more than a quarter of rapes by 101; the rest assumed",
)
CHANNELS_SEXUAL: Final = seen(
    (("999", 0.2), ("101", 0.34), ("online", 0.16), ("front_counter", 0.1), ("sarc", 0.02), ("third_party", 0.18)),
    "001",
    "a third of other sexual offences by 101; the rest assumed",
)
CHANNELS_STALKING: Final = seen(
    (("999", 0.15), ("101", 0.37), ("online", 0.37), ("front_counter", 0.07), ("third_party", 0.04)),
    "001",
    "stalking and harassment mostly online or by 101",
)
LANGUAGES: Final = assumed(
    (("en", 0.92), ("pl", 0.02), ("ro", 0.015), ("pa", 0.01), ("ne", 0.01), ("sk", 0.01), ("bsl", 0.005),
     ("uk", 0.01)),
    "no document counts languages",
)  # fmt: skip
HOURS_SAFE: Final = assumed(
    ((9, 20), (9, 18), (10, 14), (12, 18), (9, 15), (17, 20), (8, 20)), "school runs, work, a partner's shifts"
)
SMS_TERMS: Final = assumed((("allowed", 0.55), ("discreet", 0.2), ("never", 0.25)), "many live with who harmed them")
ANSWERS: Final = assumed((0.45, 0.62, 0.74, 0.85, 0.95), "how often the victim can be reached by phone")
VOICEMAIL_AGREED: Final = assumed(0.3, "agreed with those who live alone")
FREQUENCY: Final = assumed(
    ((28, 0.5), (14, 0.24), (7, 0.14), (42, 0.04), (0, 0.08)),
    "days; 0 is only when something happens; 001: 28 is usual",
)
AGREED_CHANNEL: Final = assumed(
    (("phone", 0.66), ("email", 0.12), ("sms", 0.12), ("in_person", 0.04), ("via_adviser", 0.06)), "phones first"
)
FREQUENCY_AGREED: Final = assumed(0.8, "the first weeks of a case fill the form; not always")
FREQUENCY_CHANGED: Final = assumed(0.07, "asked again, mostly after support was withdrawn")
SAFE_RECORDED: Final = assumed(0.82, "asked at the first proper call")
SAFE_VALID_DAYS: Final = assumed(((0, 0.75), (28, 0.1), (90, 0.15)), "0 is until further notice")
SAFE_RENEWED: Final = assumed(0.75, "the list says that it runs out")
SAFE_NOT_ON: Final = assumed(0.04, "an anniversary, an exam, a trial")
WAIVED: Final = assumed((("", 0.955), ("updates", 0.034), ("all", 0.006), ("VC-R5-COMPENSATION", 0.005)), "few")
RESUMED: Final = assumed(0.3, "some want to hear again")
# ── Report, needs, support ────────────────────────────────────────────────────────────────────────────────────────────
RECORDED_CRIME: Final = assumed(0.98, "crime recording rules")
ACKNOWLEDGED: Final = assumed(0.9, "written confirmation")
INFORMED_OF_CODE: Final = assumed(0.88, "a leaflet and a link")
COMPENSATION_TOLD: Final = assumed(0.68, "forgotten most often")
NEEDS_ASSESSED: Final = assumed(0.9, "part of the report on the system")
NEEDS_DAYS: Final = assumed((0.01, 0.05, 0.1, 0.3, 0.8, 1.3, 5.0), "most with the report, some when asked for")
ENHANCED_MISSED: Final = assumed(0.06, "the box not ticked for an automatic offence, put right later")
ENHANCED_OTHERS: Final = assumed(0.3, "stalking and harassment: persistently targeted or intimidated")
HIGH_RISK: Final = seen(
    0.2, "004", "more than 2,500 cases before the conference in 2020, of some 12,000: about a fifth"
)
REFERRAL_IN_TIME: Final = assumed(0.9, "within two Working Days")
REFERRAL_NEVER: Final = assumed(0.04, "left out")
REFERRAL_DECLINED: Final = assumed(0.38, "many do not want another call")
SPECIALIST: Final = seen(
    0.85, "004", "victims of rape are referred to the ISVA service, high risk to IDVA or ISAC; share assumed"
)
SPECIALIST_HOURS: Final = assumed((0.5, 2.0, 5.0, 12.0, 22.0, 120.0), "mostly with the risk assessment")
DOMESTIC_OFFERED: Final = assumed(0.75, "advice offered to the other victims of domestic abuse; most say no")
DOMESTIC_DECLINED: Final = assumed(0.6, "of those offered")
SPECIALIST_DECLINED: Final = assumed(0.2, "declined for now")
ENGAGED: Final = assumed(0.7, "of those referred")
ENGAGED_DAYS: Final = assumed((1.0, 3.0, 6.0, 11.0, 25.0), "waiting lists")
SARC: Final = seen(0.72, "004", "victims of sexual offences are referred to the one SARC of the county; share assumed")
SARC_ASKED: Final = assumed(0.8, "of the others: offered and declined, often because it was long ago")
SARC_SELF: Final = seen(0.06, "004", "may have evidence stored before they decide to report; share assumed")
FORENSIC: Final = assumed(0.6, "recent offences")
SAMPLES: Final = assumed(0.35, "kept for those who are not sure")
VISITS: Final = seen(
    0.03, "004", "130 couples or victims in one month's hidden harm visits, now business as usual; share assumed"
)
MATAC: Final = assumed(0.012, "004: being set up")
DVPO: Final = seen(0.016, "004", "98 domestic violence prevention orders in six months: some 196 of 12,000 a year")
SPO: Final = seen(
    0.03, "004", "29 stalking protection orders in seven months of 2021: 50 a year, of 1,600 stalking cases"
)
ORDER_BREACHED: Final = assumed(0.15, "of orders")
DISCLOSURE: Final = assumed(0.025, "004: timeliness must improve; no count")
DISCLOSURE_DAYS: Final = seen((6.0, 14.0, 21.0, 27.0, 34.0, 60.0), "004", "delays under review; the sizes are assumed")
DISCLOSURE_REFUSED: Final = assumed(0.3, "nothing to disclose, or not proportionate")
REVIEWED_WEEKLY: Final = assumed(0.5, "a supervisor's review about every four weeks")
# ── Evidence ──────────────────────────────────────────────────────────────────────────────────────────────────────────
ACCOUNT: Final = seen(0.88, "004", "some victims are unable or unwilling to give a statement; share assumed")
ACCOUNT_MAY_ADD: Final = seen(
    0.55, "001", "panel: a first interview feels like the one shot; share told otherwise assumed"
)
ABE_DAYS: Final = assumed((1.0, 4.0, 8.0, 15.0, 35.0), "recorded interview after the report")
PHONE_TAKEN_SEXUAL: Final = seen(0.34, "001", "panel: phones taken, out of proportion; share assumed")
PHONE_TAKEN_OTHER: Final = assumed(0.05, "messages are mostly screenshotted")
PHONE_DAYS: Final = seen(
    (0.15, 0.4, 0.7, 0.9, 0.98, 3.0, 14.0, 60.0), "004", "aim: nobody without a phone beyond 24 hours; spread assumed"
)
PHONE_REPLACED: Final = assumed(0.6, "loan phones, of those kept more than a day; half with the number moved")
SAME_NUMBER: Final = assumed(0.5, "a SIM swap takes a provider's help")
EXTRACTED: Final = assumed(0.85, "of phones taken")
NOTICE_MISSED: Final = assumed(0.06, "form filled in afterwards")
PROPERTY_TAKEN: Final = assumed(0.07, "clothing, a laptop")
THIRD_PARTY: Final = assumed(0.25, "sexual offences under long investigation")
THIRD_PARTY_LATE: Final = assumed(0.15, "notice sent after the day of the request")
# ── Suspects and outcomes ─────────────────────────────────────────────────────────────────────────────────────────────
OUTCOMES: Final = {
    "rape": seen(
        (("charged", 0.043), ("not_supporting", 0.6), ("evidential", 0.24), ("cps_no_charge", 0.06),
         ("unidentified", 0.05), ("not_investigated", 0.007)),
        "001", "charged 4.3 %, over 64 % not supporting, some 30 % insufficient evidence; CPS refusals are part of it",
    ),
    "sexual": seen(
        (("charged", 0.075), ("not_supporting", 0.48), ("evidential", 0.26), ("cps_no_charge", 0.045),
         ("unidentified", 0.11), ("out_of_court", 0.02), ("not_investigated", 0.01)),
        "001", "other sexual offences: charged 7.5 %, 48 % not supporting; the rest assumed",
    ),
    "domestic": seen(
        (("charged", 0.05), ("not_supporting", 0.598), ("evidential", 0.185), ("cps_no_charge", 0.02),
         ("unidentified", 0.012), ("out_of_court", 0.05), ("not_investigated", 0.085)),
        "004", "domestic abuse: charged 5 %, 59.8 % not supporting, 18.5 % evidential difficulty; the rest assumed",
    ),
    "stalking": seen(
        (("charged", 0.07), ("not_supporting", 0.36), ("evidential", 0.4), ("cps_no_charge", 0.02),
         ("unidentified", 0.07), ("out_of_court", 0.05), ("not_investigated", 0.03)),
        "001", "stalking has the highest share closed for insufficient evidence; sizes assumed",
    ),
    "other": assumed(
        (("charged", 0.07), ("not_supporting", 0.4), ("evidential", 0.26), ("cps_no_charge", 0.01),
         ("unidentified", 0.16), ("out_of_court", 0.06), ("not_investigated", 0.04)),
        "harassment and violence by others lie between the counted kinds",
    ),
}  # fmt: skip
WITHDRAWN_AT_OUTSET: Final = assumed(0.55, "of those not supporting: never did")
WITHDRAWN_AFTER_CHARGE: Final = assumed(0.08, "004: some withdraw before the case gets to court")
SUPPORT_RESUMED: Final = assumed(0.06, "of those who withdrew later")
INVESTIGATION_DAYS: Final = {
    "quick": assumed((0.5, 2.0, 6.0, 14.0, 35.0, 90.0), "not supported from the outset, or nobody to find"),
    "usual": assumed((5.0, 18.0, 40.0, 75.0, 140.0, 260.0), "no document gives days; volume crime"),
    "sexual": assumed((30.0, 75.0, 130.0, 200.0, 300.0, 420.0), "no document gives days; long by all accounts"),
}
PLANNED_HOLD: Final = assumed(0.03, "news of an arrest held back for a day or two")
ARREST_AT_ONCE: Final = assumed(0.5, "domestic violence: arrested on the day")
VOLUNTARY: Final = assumed(0.35, "interviewed without arrest")
RELEASE: Final = assumed(
    (("bail", 0.62), ("under_investigation", 0.33), ("without_charge", 0.05)), "bail came back in 2022"
)
BAIL_PROTECTS: Final = assumed(0.85, "no contact, not to come near")
BAIL_DAYS: Final = assumed(((28, 0.25), (60, 0.15), (90, 0.6)), "up to three months at first")
BAIL_EXTENDED: Final = assumed(0.7, "while enquiries go on; else it lapses or is cancelled")
BAIL_VARIED: Final = assumed(0.08, "conditions changed")
EARLY_ADVICE: Final = seen(0.8, "004", "protocol for rape and serious sexual offences; share that uses it assumed")
EARLY_ADVICE_DAYS: Final = seen(
    (18.0, 25.0, 30.0, 38.0, 47.0, 75.0), "004", "submitted within 28 to 48 days; spread assumed"
)
FILE_RETURNED: Final = seen(0.5, "001", "panel: the CPS plays ping-pong with cases; share per submission assumed")
FILE_DAYS: Final = assumed((2.0, 7.0, 14.0, 28.0, 50.0), "each stay of a file with either side")
QUICK_CHARGE: Final = assumed(0.55, "domestic violence: in custody, decided by telephone within a day")
PANEL: Final = seen(0.25, "004", "a joint panel samples rape reports filed with no further action; size assumed")
REVIEW_ASKED: Final = assumed(0.04, "victims' right to review")
REVIEW_OVERTURNED: Final = assumed(0.1, "few")
CPS_LETTER_LATE: Final = assumed(0.14, "letters after their day")
CPS_LETTER_NEVER: Final = assumed(0.03, "not sent")
MEETING: Final = assumed(0.4, "offered after a decision not to charge a sexual offence")
# ── Court, witness care, probation ────────────────────────────────────────────────────────────────────────────────────
CUSTODY_FIRST: Final = assumed(0.25, "charged and put before the next court")
FIRST_HEARING_DAYS: Final = assumed((7.0, 14.0, 21.0, 28.0, 35.0), "bailed to court")
CROWN: Final = assumed(0.9, "rape, sexual assault: the Crown Court")
CROWN_OTHERS: Final = assumed(0.15, "other offences")
GUILTY_EARLY: Final = assumed(0.38, "plea at the first or plea hearing")
TRIAL_DAYS_CROWN: Final = assumed(
    (120.0, 170.0, 230.0, 300.0, 420.0), "001 quotes a victim still waiting after 18 months"
)
TRIAL_DAYS: Final = assumed((35.0, 55.0, 80.0, 110.0, 160.0), "magistrates")
MOVED: Final = seen(0.35, "001", "a victim tells of more than ten times in and out of court; share per listing assumed")
ADJOURNED: Final = assumed(0.18, "on the day")
WARRANT: Final = assumed(0.05, "did not come")
STOPPED: Final = assumed(0.1, "discontinued after charge")
ALTERED: Final = assumed(0.12, "charge altered")
CONVICTED: Final = assumed(0.6, "at trial")
MONTHS_PRISON: Final = assumed(
    (0.0, 0.0, 4.0, 12.0, 30.0, 84.0), "0 is not prison; Crown Court two to three times as long"
)
COURT_BY_MACHINE: Final = assumed(0.85, "results sent on within hours")
COURT_LATE: Final = assumed(0.05, "told to witness care after more than five Working Days")
WCU_IN_TIME: Final = assumed(0.86, "told by the next Working Day")
SPECIAL_MEASURES: Final = assumed(0.6, "of trials of these offences")
PRETRIAL_VISIT: Final = seen(0.5, "004", "SOLOs conduct visits before the trial; share assumed")
STATEMENT_OFFERED: Final = assumed(0.85, "Victim Personal Statement, with the charge")
STATEMENT_EARLY: Final = assumed(0.55, "offered when the account is taken; else with the charge")
STATEMENT_TAKEN: Final = assumed(0.5, "of those offered")
APPEAL: Final = assumed(0.08, "of sentences")
SCHEME_OPT_OUT: Final = assumed(0.3, "Victim Contact Scheme")
SCHEME_OPT_IN: Final = assumed(0.3, "of those who opted out: in again")
RELEASED: Final = assumed(0.5, "short sentences end within the year")
RECALLED: Final = assumed(0.2, "of those released")
ESCAPED: Final = assumed(0.03, "absconds, open conditions")
EXPENSES: Final = assumed(0.5, "of trials attended")
COMPLAINT: Final = assumed(0.012, "no document counts complaints")
SURVEYED: Final = seen(0.1, "001", "three surveys: domestic abuse, rape, hate crime; share that answers assumed")
SATISFIED: Final = seen(0.87, "004", "87 % of domestic abuse victims and 87.5 % with a SOLO satisfied")
RESPECTED: Final = seen(0.958, "004", "95.8 % felt treated with dignity and respect")
REPORT_AGAIN: Final = seen(0.9, "004", "90 % would report again")
# ── Officers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
SOLOS: Final = seen(37, "004", "37 SOLOs in the Phoenix teams, for a force's year")
PHOENIX: Final = seen(52, "004", "52 detective constables in the Phoenix teams")
DALOS: Final = seen(10, "001", "DALOs, in one area of the county as a trial; number assumed")
INVESTIGATORS: Final = assumed(150, "vulnerability investigation teams: 004 names them without a number")
LOCALS: Final = assumed(160, "officers in charge outside of the specialist teams")
WCU: Final = assumed(24, "witness care officers")
TEAM: Final = seen(10, "004", "12 sergeants for 52 constables and 37 SOLOs: about one to seven, one to ten elsewhere")
FULL: Final = assumed(18, "live cases a SOLO should at most have (alerts.md reckons with 18)")
DALO_GIVEN: Final = seen(
    0.35, "001", "victims most at risk from repeat offending, in one area of the county; share assumed"
)
LEAVE_DAYS: Final = assumed(((4, 0.3), (7, 0.35), (11, 0.2), (14, 0.15)), "blocks of leave, four a year")
SICK_DAYS: Final = assumed(((0, 0.5), (2, 0.3), (5, 0.15), (40, 0.05)), "short and long absence in a year")
LEAVES_FORCE: Final = assumed(0.12, "moves post or leaves within the year")
SOLO_GIVEN: Final = seen(0.97, "004", "SOLOs are the single point of contact for every victim of rape; share assumed")
SOLO_HOURS: Final = assumed((1.0, 4.0, 9.0, 16.0, 22.0, 60.0), "hours until a SOLO is assigned")
HANDED_OVER: Final = assumed(0.04, "changes of the officer in charge for other reasons")
# ── Telling: most tell in time, some late, some never ─────────────────────────────────────────────────────────────────
INTRODUCED_DAYS: Final = assumed((0.05, 0.3, 0.8, 1.4, 2.5, 5.0), "first proper call after the report")
CARE: Final = assumed((0.6, 0.8, 0.9, 0.97, 1.0), "how well an officer keeps to the list; times the shares below")
TOLD_IN_TIME: Final = assumed(0.95, "mostly the list is followed")
TOLD_LATE: Final = assumed(0.75, "of what is not told in time: told afterwards, else only with the next call")
LATE_DAYS: Final = assumed((0.1, 0.8, 1.7, 3.0, 8.0), "after the limit")
TELL_SHARE: Final = assumed((0.01, 0.06, 0.18, 0.4, 0.85), "of the time there is, how much passes before the call")
COVERED: Final = assumed(0.75, "a colleague rings where the officer is off until after the limit")
NAMES_NEWS: Final = assumed(
    (("SOLO", 0.92), ("DALO", 0.88), ("OIC", 0.86), ("WCU_officer", 0.94), ("supervisor", 0.9)),
    "share of calls whose record names the events told of; SOLOs are trained to",
)
NAMES_TYPES: Final = assumed(0.25, "names the kind of event instead of the event")
LINKED: Final = assumed(0.8, "of records that named nothing: asked, and linked in the days after")
UPDATE_IN_TIME: Final = assumed(0.9, "agreed updates made before they are due")
UPDATE_EARLY_DAYS: Final = assumed((0.2, 0.8, 1.8, 3.0, 5.0), "how long before")
UPDATE_LATE_DAYS: Final = assumed((0.3, 2.0, 5.0, 9.0, 20.0), "how long after")
TICK_BOX: Final = seen(
    0.27, "001", "panel: an exercise every 28 days, 'update is no update'; share of agreed updates assumed"
)
TICK_BOX_PUT_RIGHT: Final = assumed(0.7, "followed by a real call: the list shows what was missing")
PROMISED: Final = assumed(0.4, "of real calls end with a day of the next")
KEPT: Final = assumed(0.82, "promised calls made by their day")
MESSAGE_LEFT: Final = assumed(0.35, "of unanswered calls")
BOUNCED: Final = assumed(0.04, "e-mails and texts that do not arrive")
ASKS: Final = assumed(0.16, "asks for an update in a month of waiting")
ANSWERED: Final = assumed(0.86, "answered within two Working Days")
TURNED_AWAY: Final = assumed(0.7, "of those who ring in: a message is taken, nothing told")
CONTACT_CHANNELS: Final = assumed(
    (("phone", 0.8), ("in_person", 0.06), ("email", 0.06), ("video", 0.03), ("sms", 0.05)), "a call is the rule"
)
WCU_CHANNELS: Final = assumed((("phone", 0.7), ("letter", 0.12), ("email", 0.18)), "letters with hearing dates")
ADVISER_PRESENT: Final = assumed(0.15, "joint calls with an adviser")
EXPLAINS_REVIEW: Final = assumed(0.85, "calls on no further action")
EXPLAINS_LENIENT: Final = assumed(0.8, "calls on a sentence")
# ── The record itself ─────────────────────────────────────────────────────────────────────────────────────────────────
TYPED_DAYS: Final = assumed(
    (0.0, 0.01, 0.03, 0.1, 0.4, 1.0, 2.5), "typed by people: hours, at the end of the shift, days"
)
FED_DAYS: Final = assumed((0.0, 0.001, 0.003, 0.01, 0.04, 0.6), "sent by machines: minutes, now and then the next day")
TYPED_VERY_LATE: Final = assumed(0.01, "found in a notebook")
VERY_LATE_DAYS: Final = assumed((4.0, 7.0, 11.0, 18.0), "then so late")
SENT_TWICE: Final = assumed(0.006, "the same record delivered again")
RECORDED_TWICE: Final = assumed(0.015, "the same call written down by two people")
CORRECTED: Final = assumed(0.006, "of records a person typed")
RETRACTED: Final = assumed(0.012, "of cases: an entry that belongs to another")
REGRADED: Final = assumed(0.015, "of contacts: a supervisor overrules the grade")
GOOD_REASON: Final = assumed(0.2, "of duties met late: a reason recorded")
OUTAGE_DAYS: Final = assumed((2.5, 3.0, 4.0, 5.0), "how long a feed is silent, once a year for two feeds")
