"""One-time links and verified identities, on both databases: what is used once, by whom, and what goes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.identity_links import CODE_S, CODE_TRIES, HOUR_S, LINK_S, LINKS_AN_HOUR, Confirmed, Link, LinkState, NewLink
from bot.store.database import Database
from bot.store.forgetting import LAST_REPLY_S, forget_asked, forget_person
from bot.store.housekeeping import Housekeeping
from bot.store.identity import SqlIdentity
from bot.store.opt_out import opted_out
from bot.store.tables import identity_bindings, identity_links
from bot.vault import Vault
from connectors.messages import IdentityChange, SubscriptionChange
from tests.contracts.store_cases import META_WHATSAPP, SMS, TELEGRAM, Store

ISSUER, KEPT_S = "https://id.example", 3600.0
NADIA, RACHID = "s" * 64, "t" * 64


class Chats(Store):
    """Citizens with links."""

    def __init__(self, database: Database, vault: Vault) -> None:
        super().__init__(database, vault)
        self.identity = SqlIdentity(database, vault)

    def new(self, address=SMS, turn: str = "t1", now: float = 0.0) -> tuple[NewLink, bool]:
        conversation = self.exchange(address, "ok", now=now).conversation
        link = NewLink(f"token {turn}", conversation.person_id, conversation.id, turn, f"file {turn}", "fr")
        return link, self.identity.add(link, now)

    def returned(self, address=SMS, turn: str = "t1", code: str = "code", subject: str = NADIA, now: float = 0.0):
        """A link whose browser has come back; the link as it was stored."""
        link, added = self.new(address, turn, now)
        assert added
        found = self.identity.find(link.token_key, now)
        assert found is not None
        assert self.identity.start(found.id, f"browser {turn}", f"state {turn}", "secret", now)
        assert self.identity.come_back(f"state {turn}", f"browser {turn}", now)
        assert self.identity.identified(found.id, ISSUER, subject, code, "sealed", now)
        return link

    def confirm(self, link: NewLink, code: str = "code", turn: str = "typed", now: float = 1.0, counts: bool = True):
        return self.identity.confirm(code, link.person_id, turn, KEPT_S, now, counts=counts)

    def bound(self, link: NewLink, now: float = 1.0) -> str | None:
        binding = self.identity.binding(link.person_id, ISSUER, now)
        return binding.subject_key if binding else None


@pytest.fixture
def chats(database: Database, vault: Vault) -> Chats:
    return Chats(database, vault)


def test_the_whole_way(chats: Chats) -> None:
    link = chats.returned()
    assert chats.bound(link) is None
    assert (Confirmed.BOUND, "file t1") == chats.confirm(link)
    assert NADIA == chats.bound(link)
    assert (Confirmed.BOUND, "file t1") == chats.confirm(link), "a turn that is replayed hears the same"
    assert (Confirmed.NOTHING, "") == chats.confirm(link, turn="another"), "and no other turn does"
    assert chats.bound(link, 1.0 + KEPT_S) is None


def test_looking_changes_nothing(chats: Chats) -> None:
    link, _ = chats.new()
    first = chats.identity.find(link.token_key, 1.0)
    assert isinstance(first, Link)
    assert first == chats.identity.find(link.token_key, 2.0)
    assert (LinkState.OPEN, SMS, "fr") == (first.state, first.address, first.language)


def test_a_link_ends(chats: Chats) -> None:
    link, _ = chats.new()
    found = chats.identity.find(link.token_key, LINK_S - 1)
    assert found is not None
    assert chats.identity.find(link.token_key, LINK_S) is None
    assert not chats.identity.start(found.id, "b", "s", "", LINK_S)
    assert chats.identity.start(found.id, "b", "s", "", LINK_S - 1)
    assert chats.identity.come_back("s", "b", LINK_S) is None


def test_the_browser_that_started_it_may_start_again_and_no_other_may(chats: Chats) -> None:
    link, _ = chats.new()
    found = chats.identity.find(link.token_key, 1.0)
    assert found is not None
    assert chats.identity.start(found.id, "mine", "s1", "", 1.0)
    assert not chats.identity.start(found.id, "other", "s2", "", 1.0)
    assert chats.identity.start(found.id, "mine", "s3", "", 1.0)
    assert chats.identity.come_back("s1", "mine", 1.0) is None, "the state before is used up"
    assert chats.identity.come_back("s3", "other", 1.0) is None
    assert chats.identity.come_back("s3", "mine", 1.0) is not None
    assert chats.identity.come_back("s3", "mine", 1.0) is None, "once"


def test_a_code_of_another_chat_binds_nobody_and_ends_the_link(chats: Chats) -> None:
    asked = chats.returned(SMS, "t1")
    other, _ = chats.new(TELEGRAM, "t2")
    assert (Confirmed.ELSEWHERE, "") == chats.confirm(other)
    assert (Confirmed.NOTHING, "") == chats.confirm(asked, turn="later")
    assert (None, None) == (chats.bound(asked), chats.bound(other))


def test_wrong_codes_end_a_link(chats: Chats) -> None:
    link = chats.returned()
    assert (Confirmed.NOTHING, "") == chats.confirm(link, "wrong", counts=False), "a sentence with digits is no try"
    tries = [chats.confirm(link, "wrong", f"turn {n}")[0] for n in range(CODE_TRIES)]
    assert [Confirmed.WRONG] * (CODE_TRIES - 1) + [Confirmed.SPENT] == tries
    assert (Confirmed.NOTHING, "") == chats.confirm(link)


def test_a_late_code_binds_nobody(chats: Chats) -> None:
    link = chats.returned()
    assert (Confirmed.LATE, "") == chats.confirm(link, now=CODE_S)
    assert chats.bound(link, CODE_S) is None


def test_a_second_identity_takes_the_place_of_the_first(chats: Chats) -> None:
    first = chats.returned(turn="t1", code="c1")
    chats.confirm(first, "c1", "typed 1")
    second = chats.returned(turn="t2", code="c2", subject=RACHID, now=2.0)
    chats.confirm(second, "c2", "typed 2", now=3.0)
    assert RACHID == chats.bound(first, 3.0)


def test_links_are_few_and_the_newest_is_the_only_one(chats: Chats) -> None:
    links = [chats.new(turn=f"t{n}", now=float(n)) for n in range(LINKS_AN_HOUR + 1)]
    assert [True] * LINKS_AN_HOUR + [False] == [added for _, added in links]
    usable = [link.turn_id for link, _ in links if chats.identity.find(link.token_key, 10.0)]
    assert [f"t{LINKS_AN_HOUR - 1}"] == usable
    replayed, _ = links[-2]
    assert chats.identity.add(replayed, 10.0), "a turn that is replayed has its link"
    assert chats.new(turn="later", now=HOUR_S + 1.0)[1]


def test_two_links_never_have_one_code(chats: Chats) -> None:
    chats.returned(SMS, "t1", code="same")
    link, _ = chats.new(TELEGRAM, "t2")
    found = chats.identity.find(link.token_key, 0.0)
    assert found is not None
    assert chats.identity.start(found.id, "b", "s", "", 0.0)
    assert not chats.identity.identified(found.id, ISSUER, RACHID, "same", "", 0.0)


def _rows(chats: Chats) -> int:
    with chats.database.read() as connection:
        return sum(len(connection.execute(select(table)).all()) for table in (identity_links, identity_bindings))


def _forget(chats: Chats, link: NewLink) -> None:
    with chats.database.write() as connection:
        forget_person(connection, link.person_id, 5.0)
        forget_asked(connection, 5.0 + LAST_REPLY_S)


def _stop(chats: Chats, link: NewLink) -> None:
    with chats.database.write() as connection:
        opted_out(connection, link.conversation_id, 5.0)


def _block(chats: Chats, _: NewLink) -> None:
    chats.inbox.subscription_changed(SubscriptionChange(provider_id="b", sender=META_WHATSAPP, reachable=False), 5.0)


def _move(chats: Chats, _: NewLink) -> None:
    new = META_WHATSAPP.model_copy(update={"external_id": "+212600000009"})
    chats.inbox.identity_changed(IdentityChange(provider_id="m", sender=META_WHATSAPP, becomes=new), 5.0)


@pytest.mark.parametrize("act", [_forget, _stop, _block, _move], ids=["forget me", "stop", "blocked", "a new number"])
def test_nothing_of_an_identity_outlives_its_person(chats: Chats, act) -> None:
    link = chats.returned(META_WHATSAPP)
    chats.confirm(link)
    chats.returned(META_WHATSAPP, "t2", code="c2", now=2.0)
    assert 3 == _rows(chats)

    act(chats, link)
    assert 0 == _rows(chats)


def test_what_is_over_goes_by_itself(chats: Chats, tmp_path) -> None:
    link = chats.returned()
    chats.confirm(link)
    chats.returned(turn="t2", code="c2", now=2.0)
    tidy = Housekeeping(chats.database, chats.outbox, 90, tmp_path / "rasa.db")
    tidy(CODE_S + 3.0)
    with chats.database.read() as connection:
        kept = connection.execute(select(identity_links.c.state, identity_links.c.subject_key, identity_links.c.code))
        assert [("done", NADIA, ""), ("void", None, "")] == [tuple(row) for row in kept]
    tidy(CODE_S + KEPT_S + HOUR_S)
    assert 0 == _rows(chats)


def test_the_store_holds_nothing_that_could_be_used(chats: Chats) -> None:
    """A binding has a hash; of a link that is done nothing is left but a hash and the sealed file number."""
    chats.confirm(chats.returned())
    with chats.database.read() as connection:
        row = connection.execute(select(identity_links)).one()
    assert ("", "", None, None) == (row.secret, row.code, row.code_key, row.state_key)
