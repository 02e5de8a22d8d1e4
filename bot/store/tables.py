"""The tables, once, for SQLite and PostgreSQL. Migrations under `migrations/` create them; a test compares both.

JSON is stored as text: nothing queries inside it, and both databases then behave the same. Times are POSIX seconds.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    literal_column,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def among(column: ColumnElement[str], *values: str) -> ColumnElement[bool]:
    """Whether the column has one of these values, which are written into the statement and are no parameters of it.

    A database takes a partial index only where the statement itself says that it looks for nothing else.
    """
    written: list[ColumnElement[str]] = [literal_column(f"'{value}'") for value in values]
    return column.in_(written) if len(written) > 1 else column == written[0]


# SQLite gives rowids only to INTEGER keys; PostgreSQL needs 64 bits.
RowId = BigInteger().with_variant(Integer(), "sqlite")

people = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_at", Double, nullable=False),
    Column("opted_out_at", Double),  # said stop: on every channel
    Column("notice", Integer, nullable=False, server_default="0"),  # version of the privacy notice that was sent
    Column("flood", Text, nullable=False, server_default="{}"),
    Column("forget_at", Double),  # asked to be forgotten: what is left goes once his last reply is sent
)
ASKED = people.c.forget_at.is_not(None)
Index("ix_people_asked", people.c.id, sqlite_where=ASKED, postgresql_where=ASKED)

identities = Table(
    "identities",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("person_id", String(32), ForeignKey("people.id"), nullable=False, index=True),
    Column("channel", String(32), nullable=False),
    Column("medium", String(16), nullable=False),
    Column("namespace", String(200), nullable=False),
    Column("external_id", Text, nullable=False),  # sealed (bot/vault.py)
    Column("lookup", String(64), nullable=False, unique=True),  # keyed hash of the whole address
    Column("phone", String(64), index=True),  # keyed hash of the phone number in it: one person on several media
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("identity_id", RowId, ForeignKey("identities.id"), nullable=False, unique=True),
    Column("owner", String(16), nullable=False, server_default="bot"),
    Column("language", String(3)),
    Column("chosen_language", String(3)),
    Column("country", String(2)),
    Column("reachable", Boolean, nullable=False, server_default=text("true")),
    Column("context", Text, nullable=False, server_default="{}"),
    Column("repeats", Text, nullable=False, server_default="{}"),
    Column("heard_at", Double),  # his last message: WhatsApp's 24-hour window is open from here
    Column("pace", Double, nullable=False, server_default="0"),  # see bot/pace.py
    Column("updated_at", Double, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("channel", String(32), nullable=False),
    Column("provider_key", String(64), nullable=False, unique=True),  # keyed hash of channel and provider's id
    Column("trace", String(16), nullable=False, server_default=""),  # one id from the webhook to the delivery
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("body", Text, nullable=False),  # the IncomingMessage without address and provider's id
    Column("state", String(8), nullable=False, server_default="queued"),  # queued | working | done | dead
    Column("attempt", Integer, nullable=False, server_default="0"),  # fencing token: rises with every claim
    Column("failures", Integer, nullable=False, server_default="0"),  # tries that were the message's own fault
    Column("due_at", Double, nullable=False),  # queued: not before; working: the lease ends
    Column("received_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("outcome", String(32)),
    Column("error", String(200)),
)
OPEN_INBOX = among(inbox.c.state, "queued", "working")
Index("ix_inbox_open", inbox.c.conversation_id, inbox.c.id, sqlite_where=OPEN_INBOX, postgresql_where=OPEN_INBOX)
Index("ix_inbox_due", inbox.c.due_at, inbox.c.id, sqlite_where=OPEN_INBOX, postgresql_where=OPEN_INBOX)
Index("ix_inbox_history", inbox.c.conversation_id, inbox.c.id)
DEAD_INBOX = among(inbox.c.state, "dead")
Index("ix_inbox_dead", inbox.c.id, sqlite_where=DEAD_INBOX, postgresql_where=DEAD_INBOX)

outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("inbox_id", RowId, ForeignKey("inbox.id")),
    Column("trace", String(16), nullable=False, server_default=""),
    Column("priority", Integer, nullable=False, server_default="0"),  # 0 reply, 1 notification to many
    Column("body", Text, nullable=False),  # the OutgoingMessage without address
    Column("state", String(8), nullable=False, server_default="queued"),  # queued | sending | sent | held | failed
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("uncertain", Boolean, nullable=False, server_default=text("false")),
    Column("due_at", Double, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("tried_at", Double),  # the first try: what a provider has of ours is looked for from here on
    Column("sent_at", Double),
    Column("channel", String(32), nullable=False),
    Column("sender", String(240), nullable=False),  # our own end: channel, medium and namespace
    Column("provider_message_id", Text),  # sealed: WhatsApp's and Telegram's hold the citizen's number
    Column("provider_key", String(64)),  # keyed hash of channel and that id
    Column("delivery", String(16)),
    Column("error_code", String(64)),  # ours (connectors/errors.py)
    Column("provider_code", String(64)),  # the provider's own
    Column("segments", Integer),  # of an SMS
    Column("cost_micros", BigInteger),  # millionths of the price table's currency
    Column("instead", String(8)),  # sms: goes there where it cannot be delivered
)
OPEN_OUTBOX = among(outbox.c.state, "queued", "sending")
Index("ix_outbox_open", outbox.c.conversation_id, outbox.c.id, sqlite_where=OPEN_OUTBOX, postgresql_where=OPEN_OUTBOX)
Index(
    "ix_outbox_due",
    outbox.c.sender,
    outbox.c.priority,
    outbox.c.due_at,
    outbox.c.id,
    sqlite_where=OPEN_OUTBOX,
    postgresql_where=OPEN_OUTBOX,
)
HELD = among(outbox.c.state, "held")
Index("ix_outbox_held", outbox.c.conversation_id, sqlite_where=HELD, postgresql_where=HELD)
MISCONFIGURED = and_(among(outbox.c.state, "queued"), among(outbox.c.error_code, "misconfigured"))
Index("ix_outbox_misconfigured", outbox.c.channel, sqlite_where=MISCONFIGURED, postgresql_where=MISCONFIGURED)
# Given up, and not because the citizen wants nothing more: see bot/store/dead_letters.py.
DEAD_OUTBOX = and_(among(outbox.c.state, "failed"), outbox.c.error_code != literal_column("'opted_out'"))
Index("ix_outbox_dead", outbox.c.id, sqlite_where=DEAD_OUTBOX, postgresql_where=DEAD_OUTBOX)
UNDELIVERED = and_(among(outbox.c.instead, "sms"), among(outbox.c.delivery, "failed"))
Index("ix_outbox_undelivered", outbox.c.id, sqlite_where=UNDELIVERED, postgresql_where=UNDELIVERED)
Index("ix_outbox_inbox", outbox.c.inbox_id)  # or every message that is deleted costs a look at the whole outbox
Index("ix_outbox_provider", outbox.c.provider_key)
Index("ix_outbox_history", outbox.c.conversation_id, outbox.c.id)

requests = Table(
    "requests",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False, index=True),
    Column("reason", String(16), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("resolved_at", Double),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("person_id", String(32), nullable=False),
    Column("file_key", String(64), nullable=False),  # a keyed hash: the file number itself is never stored
    Column("turn_id", String(64), nullable=False, unique=True),  # a replayed turn counts once
    Column("at", Double, nullable=False),
    Index("ix_attempts_person", "person_id", "at"),
    Index("ix_attempts_file", "file_key", "at"),
)

follows = Table(  # files whose owners want to be told when they change: docs/adr/0026-following-a-file.md
    "follows",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("file_key", String(64), nullable=False, index=True),  # keyed hash of the file number
    Column("sealed", Text, nullable=False),  # file number and birth date (bot/vault.py)
    Column("system", String(16), nullable=False),
    Column("told", String(32), nullable=False),  # the state that he was told last
    Column("status", String(8), nullable=False, server_default="offered"),  # offered | active
    Column("wording", Integer),  # version of the text that he said yes to
    Column("consented_at", Double),
    Column("expires_at", Double, nullable=False),
    Column("quiet", Integer, nullable=False, server_default="0"),  # looks since the last change
    Column("missing", Integer, nullable=False, server_default="0"),  # looks in a row that did not find it
    Column("attempt", Integer, nullable=False, server_default="0"),  # fencing token: rises with every claim
    Column("due_at", Double, nullable=False),  # not before; while it is being looked at: the lease ends
    UniqueConstraint("conversation_id", "file_key"),
)
ACTIVE = among(follows.c.status, "active")
Index("ix_follows_due", follows.c.due_at, follows.c.id, sqlite_where=ACTIVE, postgresql_where=ACTIVE)
OFFERED = among(follows.c.status, "offered")
Index("ix_follows_offered", follows.c.expires_at, sqlite_where=OFFERED, postgresql_where=OFFERED)

follow_systems = Table(  # how fast each government system may be asked by all workers, and until when it rests
    "follow_systems",
    metadata,
    Column("system", String(16), primary_key=True),
    Column("pace", Double, nullable=False, server_default="0"),  # see bot/pace.py
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("rests_until", Double, nullable=False, server_default="0"),
)

complaints = Table(  # what was filed at a complaint desk; the complaint itself is not kept
    "complaints",
    metadata,
    Column("turn_id", String(64), primary_key=True),  # a replayed turn files once
    Column("person_id", String(32), nullable=False),
    Column("state", String(12), nullable=False),  # filing | filed | uncertain
    Column("kind", Text, nullable=False),  # its title at the desk
    Column("ref", Text, nullable=False, server_default=""),
    Column("token", Text, nullable=False, server_default=""),  # the desk's, until there is a reference
    Column("notice", Text, nullable=False, server_default=""),  # what the desk says happens next
    Column("at", Double, nullable=False, index=True),
    Index("ix_complaints_person", "person_id", "at"),
)

appointments = Table(  # what was booked at an appointment book
    "appointments",
    metadata,
    Column("turn_id", String(64), primary_key=True),  # a replayed turn books once
    Column("person_id", String(32), nullable=False),
    Column("conversation_id", String(32), nullable=False),  # where it was booked, and where he is reminded
    Column("state", String(12), nullable=False),  # booking | booked | uncertain | cancelled
    Column("procedure", String(100), nullable=False),
    Column("slot_id", Text, nullable=False),
    Column("place", Text, nullable=False, server_default=""),
    Column("ref", Text, nullable=False, server_default=""),
    Column("starts_at", Double, nullable=False, index=True),
    Column("ends_at", Double, nullable=False),
    Column("remind_at", Double),  # until he was reminded
    Index("ix_appointments_person", "person_id", "starts_at"),
)
TO_REMIND = appointments.c.remind_at.is_not(None)
Index("ix_appointments_remind", appointments.c.remind_at, sqlite_where=TO_REMIND, postgresql_where=TO_REMIND)

early_reports = Table(  # delivery reports that overtook the answer to our send
    "early_reports",
    metadata,
    Column("provider_key", String(64), primary_key=True),
    Column("delivery", String(16), nullable=False),
    Column("provider_code", String(64)),
    Column("failure", String(32)),  # ours (connectors/errors.py)
    Column("at", Double, nullable=False, index=True),
)

paces = Table(  # every sender of ours that has ever had a message, and how far it has used up its rate: bot/pace.py
    "paces",
    metadata,
    Column("sender", String(240), primary_key=True),  # as in outbox
    Column("pace", Double, nullable=False),
)

spending = Table(  # SMS by UTC day and the recipient's country
    "spending",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("country", String(2), primary_key=True),  # "" where the number tells none
    Column("segments", Integer, nullable=False),
    Column("cost_micros", BigInteger, nullable=False),
    Column("unpriced", Integer, nullable=False, server_default="0"),  # segments whose price was not known
)

suppressions = Table(  # opt-outs of people whose data is deleted: a keyed hash, and nothing else of them
    "suppressions",
    metadata,
    Column("lookup", String(64), primary_key=True),
    Column("at", Double, nullable=False),
)

identity_links = Table(  # one-time links to the identity provider and back: bot/identity_links.py
    "identity_links",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("token_key", String(64), nullable=False, unique=True),
    Column("person_id", String(32), nullable=False),
    Column("conversation_id", String(32), nullable=False, index=True),
    Column("turn_id", String(64), nullable=False, unique=True),
    Column("waiting", Text, nullable=False),  # sealed: the file that was asked about
    Column("language", String(3), nullable=False),
    Column("state", String(8), nullable=False, server_default="open"),  # open | started | returned | done | void
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
    Column("browser_key", String(64), index=True),
    Column("state_key", String(64), unique=True),
    Column("secret", Text, nullable=False, server_default=""),  # sealed
    Column("issuer", String(255)),
    Column("subject_key", String(64)),  # keyed hash of the pairwise name
    Column("code_key", String(64), unique=True),
    Column("code", Text, nullable=False, server_default=""),  # sealed
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("confirmed_by", String(64)),  # the turn
    Index("ix_identity_links_person", "person_id", "created_at"),
)

identity_bindings = Table(  # who was verified, and for how long that is believed
    "identity_bindings",
    metadata,
    Column("person_id", String(32), primary_key=True),
    Column("issuer", String(255), primary_key=True),
    Column("subject_key", String(64), nullable=False),
    Column("until", Double, nullable=False, index=True),
)
