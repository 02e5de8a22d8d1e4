"""Every action of domain.yml, made with its collaborators. A test compares the names with the domain."""

from __future__ import annotations

from rasa_sdk.interfaces import Action

from actions.answer import AnswerQuestion
from actions.attempts import AttemptLedger
from actions.cancel_form import CancelForm
from actions.case_status import CaseStatus, Clock
from actions.complaint import Complaint
from actions.deadline import Deadlines
from actions.following import FollowOffers
from actions.identification import IdentifiedCases, Identities
from actions.language import ChangeLanguage
from actions.replies import load_wording
from actions.request_person import PersonRequested
from actions.small_talk import Affirm, Greet, Say
from actions.status_form import AskBirthDate, AskFileNumber, ValidateStatusForm
from actions.stop import Stop
from actions.tracking import Tracking
from connectors.gov.api import CaseTracker
from connectors.gov.identified import WithIdentified
from connectors.gov.trackers import load_trackers
from knowledge.answer import Knowledge
from knowledge.countries import load_countries


def build_actions(
    *,
    knowledge: Knowledge,
    cases: CaseTracker | None,
    attempts: AttemptLedger,
    clock: Clock,
    follows: FollowOffers | None = None,
    identities: Identities | None = None,
) -> list[Action]:
    """The actions for rasa-sdk's `ActionExecutor.register_action`.

    `cases` None: no government system is connected, and the citizen is told so. `clock` gives the present, with its
    time zone. `follows` None: nobody is offered to be told when his file changes. `identities`: must be given where
    `cases` holds systems that ask for an identity.
    """
    wording = load_wording()
    identified = None
    if isinstance(cases, WithIdentified):
        if identities is None:
            raise ValueError("a government system asks for an identity, and no identity provider is connected")
        identified = IdentifiedCases(cases.identified, identities, wording, attempts, clock)
    question = AnswerQuestion(wording, knowledge)
    deadlines = Deadlines(wording, knowledge)
    tracking = Tracking(wording, load_trackers(), load_countries())
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
        ValidateStatusForm(cases, identified),
        AskFileNumber(wording, cases, deadlines),
        AskBirthDate(wording, cases),
        CaseStatus(wording, cases, attempts, clock, tracking, deadlines, follows, identified),
        CancelForm(wording),
    ]
