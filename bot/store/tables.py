"""The tables, once, for SQLite and PostgreSQL. Migrations under `migrations/` create them; a test compares both.

JSON is stored as text: nothing queries inside it, and both databases then behave the same. Times are POSIX seconds.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
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

# SQLite gives rowids only to INTEGER keys; PostgreSQL needs 64 bits.
RowId = BigInteger().with_variant(Integer(), "sqlite")

people = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_at", Double, nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("person_id", String(32), ForeignKey("people.id"), nullable=False, index=True),
    Column("channel", String(32), nullable=False),
    Column("medium", String(16), nullable=False),
    Column("namespace", String(200), nullable=False),
    Column("external_id", String(200), nullable=False),
    UniqueConstraint("channel", "medium", "namespace", "external_id"),
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
    Column("opted_out", Boolean, nullable=False, server_default=text("false")),
    Column("reachable", Boolean, nullable=False, server_default=text("true")),
    Column("context", Text, nullable=False, server_default="{}"),
    Column("repeats", Text, nullable=False, server_default="{}"),
    Column("updated_at", Double, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("channel", String(32), nullable=False),
    Column("provider_id", String(200), nullable=False),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(8), nullable=False, server_default="queued"),  # queued | working | done | dead
    Column("attempt", Integer, nullable=False, server_default="0"),  # fencing token: rises with every claim
    Column("failures", Integer, nullable=False, server_default="0"),  # tries that were the message's own fault
    Column("due_at", Double, nullable=False),  # queued: not before; working: the lease ends
    Column("received_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("outcome", String(32)),
    Column("error", String(200)),
    UniqueConstraint("channel", "provider_id"),
)
_OPEN_INBOX = inbox.c.state.in_(["queued", "working"])
Index("ix_inbox_open", inbox.c.conversation_id, inbox.c.id, sqlite_where=_OPEN_INBOX, postgresql_where=_OPEN_INBOX)
Index("ix_inbox_due", inbox.c.id, sqlite_where=_OPEN_INBOX, postgresql_where=_OPEN_INBOX)

outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("inbox_id", RowId, ForeignKey("inbox.id")),
    Column("body", Text, nullable=False),
    Column("state", String(8), nullable=False, server_default="queued"),  # queued | sending | sent | failed
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("uncertain", Boolean, nullable=False, server_default=text("false")),
    Column("due_at", Double, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("sent_at", Double),
    Column("channel", String(32), nullable=False),
    Column("provider_message_id", String(200)),
    Column("delivery", String(16)),
    Column("error_code", String(64)),
)
_OPEN_OUTBOX = outbox.c.state.in_(["queued", "sending"])
Index("ix_outbox_open", outbox.c.conversation_id, outbox.c.id, sqlite_where=_OPEN_OUTBOX, postgresql_where=_OPEN_OUTBOX)
Index("ix_outbox_due", outbox.c.id, sqlite_where=_OPEN_OUTBOX, postgresql_where=_OPEN_OUTBOX)
Index("ix_outbox_provider", outbox.c.channel, outbox.c.provider_message_id)
Index("ix_outbox_history", outbox.c.conversation_id, outbox.c.id)

requests = Table(
    "requests",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
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
