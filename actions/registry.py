"""Every action of domain.yml, made with its collaborators. A test compares the names with the domain."""

from __future__ import annotations

from rasa_sdk.interfaces import Action

from actions.answer import AnswerQuestion
from actions.attempts import AttemptLedger
from actions.cancel_form import CancelForm
from actions.case_status import CaseStatus, Clock
from actions.complaint import Complaint
from actions.deadline import Deadlines
from actions.language import ChangeLanguage
from actions.replies import load_wording
from actions.request_person import PersonRequested
from actions.small_talk import Affirm, Greet, Say
from actions.status_form import AskBirthDate, AskFileNumber, ValidateStatusForm
from actions.stop import Stop
from actions.tracking import Tracking
from connectors.gov.api import CaseTracker
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
) -> list[Action]:
    """The actions for rasa-sdk's `ActionExecutor.register_action`.

    `cases` None: no government system is connected, and the citizen is told so. `clock` gives the present, with its
    time zone. `served`: the procedures whose files `cases` knows; without it any.
    """
    wording = load_wording()
    question = AnswerQuestion(wording, knowledge)
    deadlines = Deadlines(wording, knowledge)
    tracking = Tracking(wording, load_trackers(), load_countries(), served)
    return [
        question,
        Complaint(wording, knowledge),
        PersonRequested(wording),
        Greet(wording, knowledge, question),
        Say(wording, "action_thanks", "thanks", question=question),
        Say(wording, "action_goodbye", "goodbye", question=question),
        Say(wording, "action_help", "help", ("choose_status", "choose_agent", "choose_language")),
        Say(wording, "action_deny", "deny"),
        Affirm(wording, knowledge, question),
        ChangeLanguage(wording),
        Stop(wording),
        ValidateStatusForm(cases, tracking),
        AskFileNumber(wording, cases, deadlines),
        AskBirthDate(wording, cases),
        CaseStatus(wording, cases, attempts, clock, tracking, deadlines),
        CancelForm(wording),
    ]
