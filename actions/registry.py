"""Every action of domain.yml, made with its collaborators. A test compares the names with the domain."""

from __future__ import annotations

from rasa_sdk.interfaces import Action

from actions.answer import AnswerQuestion
from actions.appointment_ledger import AppointmentLedger
from actions.appointments import Appointments
from actions.attempts import AttemptLedger
from actions.cancel_form import CancelForm
from actions.case_status import CaseStatus
from actions.complaint import Complaint
from actions.complaint_ask import AskComplaintAnswer
from actions.complaint_filing import Filer
from actions.complaint_form import ValidateComplaintForm
from actions.complaint_ledger import ComplaintLedger
from actions.complaint_tracking import ComplaintTracking
from actions.deadline import Deadlines
from actions.following import FollowOffers
from actions.identification import IdentifiedCases, Identities
from actions.language import ChangeLanguage
from actions.local_time import Clock
from actions.replies import load_wording
from actions.request_person import PersonRequested
from actions.small_talk import Affirm, Greet, Say
from actions.status_form import AskBirthDate, AskFileNumber, ValidateStatusForm
from actions.stop import Stop
from actions.tracking import Tracking
from connectors.gov.api import CaseTracker
from connectors.gov.appointments import ConnectedBook
from connectors.gov.identified import WithIdentified
from connectors.gov.references import ConnectedDesk
from connectors.gov.served import Served
from connectors.gov.trackers import load_trackers
from knowledge.answer import Knowledge
from knowledge.countries import load_countries


def build_actions(
    *,
    knowledge: Knowledge,
    cases: CaseTracker | None,
    attempts: AttemptLedger,
    clock: Clock,
    served: Served = Served(),
    desk: ConnectedDesk | None = None,
    complaints: ComplaintLedger | None = None,
    book: ConnectedBook | None = None,
    booked: AppointmentLedger | None = None,
    follows: FollowOffers | None = None,
    identities: Identities | None = None,
) -> list[Action]:
    """The actions for rasa-sdk's `ActionExecutor.register_action`.

    `cases` None: no government system is connected, and the citizen is told so. `served`: the procedures whose files
    `cases` knows; without it any. `desk` takes complaints, which `complaints` remembers; without both, the citizen is
    told where he can complain. `book` gives appointments, which `booked` remembers; without both, none are offered.
    `clock` gives the present, with its time zone. `follows` None: nobody is offered to be told when his file changes.
    `identities`: must be given where `cases` holds systems that ask for an identity.
    """
    wording = load_wording()
    identified = None
    if isinstance(cases, WithIdentified):
        if identities is None:
            raise ValueError("a government system asks for an identity, and no identity provider is connected")
        identified = IdentifiedCases(cases.identified, identities, wording, attempts, clock)
    appointments = None
    if book is not None and booked is not None:
        appointments = Appointments(wording, knowledge, book, booked, clock)
    question = AnswerQuestion(wording, knowledge, appointments)
    deadlines = Deadlines(wording, knowledge)
    tracking = Tracking(wording, load_trackers(), load_countries(), served)
    filer = follow = None
    if desk is not None and complaints is not None:
        filer = Filer(desk.desk, complaints)
        follow = ComplaintTracking(wording, desk, complaints, attempts, clock)
    return [
        question,
        Complaint(wording, knowledge, filer, follow),
        ValidateComplaintForm(wording, question, desk, filer),
        AskComplaintAnswer(wording, complaints),
        PersonRequested(wording),
        Greet(wording, knowledge, question),
        Say(wording, "action_thanks", "thanks", question=question),
        Say(wording, "action_goodbye", "goodbye", question=question),
        Say(wording, "action_help", "help", ("choose_status", "choose_agent", "choose_language")),
        Say(wording, "action_deny", "deny"),
        Affirm(wording, knowledge, question, filer, follow),
        ChangeLanguage(wording),
        Stop(wording),
        ValidateStatusForm(
            cases, tracking, desk.references if desk is not None and follow is not None else None, identified
        ),
        AskFileNumber(wording, cases, deadlines, complaints if follow is not None else None),
        AskBirthDate(wording, cases),
        CaseStatus(wording, cases, attempts, clock, tracking, deadlines, follows, identified, follow),
        CancelForm(wording),
    ]
