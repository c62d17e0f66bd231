"""The tables. Every tenant table begins its key with the municipality; times are UTC; constraints have names.

SQLAlchemy Core rather than mapped classes: a turn is a handful of statements, and their cost is the cost of a turn.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.types import TypeDecorator

from bot.searching import searched

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite stores it without zone, so the zone is put back here. A naive time is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


JSON = sa.JSON(none_as_null=True)


def _tenant() -> Column[str]:
    return Column("municipality", sa.String(4), nullable=False)


def _of_municipality() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["municipality"], ["municipality.code"])


municipality = Table(
    "municipality",
    metadata,
    Column("code", sa.String(4), primary_key=True),  # kommunekode
    Column("name", JSON, nullable=False),  # {"da": …, "en": …}
    Column("origins", JSON, nullable=False),  # websites that may embed the widget
    Column("opening_hours", JSON, nullable=False),  # {"0": [["08:00", "16:00"]], …}; 0 is Monday
    Column("closing_days", JSON, nullable=False),  # ISO dates closed here
    Column("open_days", JSON, nullable=False),  # ISO dates of holidays on which it is open after all
    Column("first_reply_minutes", sa.Integer, nullable=False),  # opening time
    Column("next_reply_minutes", sa.Integer, nullable=False),
    Column("phone", sa.String(40), nullable=False, default=""),
    Column("email", sa.String(254), nullable=False, default=""),
    Column(
        "telegram_bodies", sa.Boolean, nullable=False, default=False
    ),  # contacts' replies are sent whole to Telegram
    Column(
        "knowledge_version", sa.Integer, nullable=False, default=0
    ),  # raised by every change of texts and local values
    Column("created_at", UTCDateTime, nullable=False),
)

department = Table(
    "department",
    metadata,
    _tenant(),
    Column("id", sa.String(16), nullable=False),
    Column("name", JSON, nullable=False),
    Column("areas", JSON, nullable=False),  # keys of the areas it answers for
    PrimaryKeyConstraint("municipality", "id"),
    _of_municipality(),
)

staff = Table(
    "staff",
    metadata,
    _tenant(),
    Column("id", sa.String(16), nullable=False),
    Column("email", sa.String(254), nullable=False),  # lower case
    Column("name", sa.String(200), nullable=False),
    Column("title", JSON, nullable=False),
    Column("department_id", sa.String(16)),  # None for an operator, who belongs to the installation: municipality ""
    Column(
        "roles", JSON, nullable=False
    ),  # contact, editor, coordinator, administrator, data_officer; or operator alone
    Column("capacity", sa.Integer, nullable=False),  # open inquiries before routing passes by
    Column("password_hash", sa.String(200), nullable=False),
    Column("active", sa.Boolean, nullable=False, default=True),
    Column("seen_at", UTCDateTime),  # presence: last sign of life of the console
    Column("last_assigned_at", UTCDateTime),
    PrimaryKeyConstraint("municipality", "id"),
    ForeignKeyConstraint(["municipality", "department_id"], ["department.municipality", "department.id"]),
    UniqueConstraint("municipality", "email"),
    Index("ix_staff_email", "email"),
)

absence = Table(
    "absence",
    metadata,
    _tenant(),
    Column("id", sa.String(16), nullable=False),
    Column("staff_id", sa.String(16), nullable=False),
    Column("from_at", UTCDateTime, nullable=False),
    Column("until_at", UTCDateTime, nullable=False),
    Column("deputy_id", sa.String(16)),
    PrimaryKeyConstraint("municipality", "id"),
    ForeignKeyConstraint(["municipality", "staff_id"], ["staff.municipality", "staff.id"]),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", sa.String(64), primary_key=True),
    _tenant(),
    Column("staff_id", sa.String(16), nullable=False),
    Column("csrf", sa.String(64), nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("seen_at", UTCDateTime, nullable=False),
    ForeignKeyConstraint(["municipality", "staff_id"], ["staff.municipality", "staff.id"]),
)

business = Table(
    "business",
    metadata,
    _tenant(),
    Column("cvr", sa.String(8), nullable=False),
    Column("name", sa.String(200), nullable=False, default=""),
    Column("key_account_manager_id", sa.String(16)),
    PrimaryKeyConstraint("municipality", "cvr"),
    _of_municipality(),
)

inquiry = Table(
    "inquiry",
    metadata,
    _tenant(),
    Column("id", sa.String(16), nullable=False),
    Column("number", sa.String(16)),  # given at escalation
    Column("status", sa.String(16), nullable=False),
    Column("channel", sa.String(16), nullable=False),
    Column("language", sa.String(8), nullable=False),
    Column("client_hash", sa.String(64)),  # hash of the secret id that the browser chose
    Column("identity", sa.String(80)),  # same inquirer: "web:<hash>", "telegram:<user id>"
    Column("generation", sa.Integer, nullable=False, default=0),  # of the token; raised to revoke it
    Column("subject", sa.String(200), nullable=False, default=""),  # an article's title or an area, never message text
    Column("area", sa.String(32)),
    Column("department_id", sa.String(16)),
    Column("owner_id", sa.String(16)),
    Column("acting_id", sa.String(16)),  # the owner, or the deputy while the owner is absent
    Column("escalation_reason", sa.String(32)),
    Column("urgent", sa.Boolean, nullable=False, default=False),
    Column("outcome", sa.String(16)),
    Column("contact_name", sa.String(200)),
    Column("contact_email", sa.String(254)),
    Column("contact_phone", sa.String(40)),
    Column("company", sa.String(200)),
    Column("cvr", sa.String(8)),  # a claim until staff confirm it
    Column("cvr_checked", sa.Boolean, nullable=False, default=False),
    # What it is found by, in one spelling (bot/searching.py); Thread.save keeps it.
    Column("searched", sa.Text, default=lambda context: searched(context.get_current_parameters())),
    Column("previous_id", sa.String(16)),  # the resolved inquiry this one continues
    Column("state", JSON),  # dialogue state, bot/turn.py
    Column("state_version", sa.Integer, nullable=False, default=0),
    Column("open_turns", sa.Integer, nullable=False, default=0),  # the first is leased, the others wait behind it
    Column("last_seq", sa.Integer, nullable=False, default=0),
    Column("rev", sa.Integer, nullable=False, default=0),
    Column("read_seq", sa.Integer, nullable=False, default=0),  # read by the inquirer
    Column("waiting_since", UTCDateTime),  # since when a person owes the inquirer a reply
    Column("reply_due_at", UTCDateTime),  # by when it is promised
    Column("disclosed_at", UTCDateTime),  # when it was said that a machine answers
    Column("created_at", UTCDateTime, nullable=False),
    Column("escalated_at", UTCDateTime),
    Column("taken_at", UTCDateTime),
    Column("resolved_at", UTCDateTime),
    Column("last_message_at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("municipality", "id"),
    _of_municipality(),
    UniqueConstraint("municipality", "number"),
    UniqueConstraint("municipality", "client_hash"),
    Index("ix_inquiry_id", "id"),
    Index("ix_inquiry_municipality_status", "municipality", "status", "last_message_at"),
    Index("ix_inquiry_municipality_owner", "municipality", "owner_id", "status"),
    Index("ix_inquiry_municipality_identity", "municipality", "identity"),
    Index(
        "ix_inquiry_municipality_previous_id",
        "municipality",
        "previous_id",
        sqlite_where=sa.text("previous_id IS NOT NULL"),
        postgresql_where=sa.text("previous_id IS NOT NULL"),
    ),
)

_OF_INQUIRY = (["municipality", "inquiry_id"], ["inquiry.municipality", "inquiry.id"])

message = Table(
    "message",
    metadata,
    _tenant(),
    Column("inquiry_id", sa.String(16), nullable=False),
    Column("id", sa.Integer, nullable=False),  # the inquiry's rev when it was written
    Column("seq", sa.Integer),  # of public messages: 1, 2, 3 … without gaps
    Column("rev", sa.Integer, nullable=False),  # of its last change
    Column("author", sa.String(16), nullable=False),  # inquirer, bot, staff, system
    Column("internal", sa.Boolean, nullable=False, default=False),
    Column("staff_id", sa.String(16)),
    Column("channel", sa.String(16), nullable=False),
    Column("text", sa.Text, nullable=False),  # as shown; Markdown for bot messages
    Column("body", JSON),  # buttons, sources, masked, choice, feedback asked, what a system message tells of
    Column("article", sa.String(80)),
    Column("article_version", sa.String(16)),
    Column("helped", sa.Boolean),
    Column("client_id", sa.String(80)),
    Column("at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("municipality", "inquiry_id", "id"),
    ForeignKeyConstraint(*_OF_INQUIRY),
    UniqueConstraint("municipality", "inquiry_id", "seq"),
    UniqueConstraint("municipality", "inquiry_id", "client_id"),
    Index("ix_message_municipality_inquiry_id_rev", "municipality", "inquiry_id", "rev"),
    Index(
        "ix_message_article",
        "municipality",
        "article",
        "article_version",
        sqlite_where=sa.text("article IS NOT NULL"),
        postgresql_where=sa.text("article IS NOT NULL"),
    ),
)

turn = Table(
    "turn",
    metadata,
    _tenant(),
    Column("inquiry_id", sa.String(16), nullable=False),
    Column("id", sa.Integer, nullable=False),  # the inquiry's rev when it was asked for; turns are taken in this order
    Column("message_id", sa.Integer),  # the message it answers; None for feedback
    Column("choice", sa.String(120)),
    Column("status", sa.String(8), nullable=False),  # open, done
    Column("attempts", sa.Integer, nullable=False, default=0),
    Column("leased_until", UTCDateTime),
    Column("leased_by", sa.String(32)),
    Column("decision", sa.String(16)),
    Column("understanding", JSON),
    Column("answered", JSON),
    Column("model", sa.String(80)),
    Column("at", UTCDateTime, nullable=False),
    Column("done_at", UTCDateTime),
    PrimaryKeyConstraint("municipality", "inquiry_id", "id"),
    ForeignKeyConstraint(*_OF_INQUIRY),
    Index(
        "ix_turn_open",
        "leased_until",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    ),
)

inbound = Table(
    "inbound",
    metadata,
    _tenant(),
    Column("channel", sa.String(16), nullable=False),
    Column("external_id", sa.String(80), nullable=False),
    Column(
        "source", sa.String(80), nullable=False
    ),  # Telegram chat id; what comes from one source is acted on in order
    Column("body", JSON, nullable=False),  # as received, CPR numbers masked
    Column("at", UTCDateTime, nullable=False),
    Column("done_at", UTCDateTime),
    Column("attempts", sa.Integer, nullable=False, default=0),
    Column("leased_until", UTCDateTime),  # no other process acts on it before; after a failure, the pause
    Column("error", sa.String(80)),
    PrimaryKeyConstraint("municipality", "channel", "external_id"),
    _of_municipality(),
    Index("ix_inbound_municipality_channel_source", "municipality", "channel", "source"),
    Index(
        "ix_inbound_open",
        "municipality",
        "channel",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    ),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _tenant(),
    Column("inquiry_id", sa.String(16), nullable=False),
    Column("message_id", sa.Integer, nullable=False),
    Column("channel", sa.String(16), nullable=False),
    Column("address", sa.String(254), nullable=False),  # Telegram chat id
    Column("status", sa.String(8), nullable=False),  # pending, sent, failed
    Column("attempts", sa.Integer, nullable=False, default=0),
    Column("due_at", UTCDateTime, nullable=False),
    Column("leased_until", UTCDateTime),
    Column("in_flight", sa.Boolean, nullable=False, default=False),  # a crash now may double it
    Column("maybe_doubled", sa.Boolean, nullable=False, default=False),
    Column("error", sa.String(80)),
    Column("external_id", sa.String(80)),  # the channel's id of what was sent
    Column("created_at", UTCDateTime, nullable=False),
    Column("sent_at", UTCDateTime),
    ForeignKeyConstraint(*_OF_INQUIRY),
    UniqueConstraint("municipality", "inquiry_id", "message_id", "channel", "address"),
    Index(
        "ix_outbox_pending",
        "due_at",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    ),
)

deadline = Table(
    "deadline",
    metadata,
    _tenant(),
    Column("inquiry_id", sa.String(16), nullable=False),
    Column("id", sa.Integer, nullable=False),  # the inquiry's rev when it was promised
    Column("kind", sa.String(16), nullable=False),  # first_reply, next_reply
    Column("due_at", UTCDateTime, nullable=False),
    Column("met_at", UTCDateTime),
    Column("overdue_told_at", UTCDateTime),
    PrimaryKeyConstraint("municipality", "inquiry_id", "id"),
    ForeignKeyConstraint(*_OF_INQUIRY),
    Index("ix_deadline_due_at", "due_at"),
)

number = Table(
    "number",
    metadata,
    _tenant(),
    Column("year", sa.Integer, nullable=False),
    Column("last", sa.Integer, nullable=False),
    PrimaryKeyConstraint("municipality", "year"),
    _of_municipality(),
)

article_text = Table(  # a municipality's own text for an article of the common base, or its own article
    "article_text",
    metadata,
    _tenant(),
    Column("article", sa.String(80), nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("body", JSON),  # {"title": {…}, "answer": {…}, …}; None: the common text
    Column("base_version", sa.String(16)),  # of the common text that ``body`` was written against
    Column("withdrawn", sa.Boolean, nullable=False, default=False),
    Column("left_out", JSON),  # why its examples are not trained on as they stand now (bot/editing/additions.py)
    Column("changed_by", sa.String(16)),
    Column("changed_at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("municipality", "article"),
    _of_municipality(),
)

local_value = Table(
    "local_value",
    metadata,
    _tenant(),
    Column("article", sa.String(80), nullable=False),
    Column("name", sa.String(80), nullable=False),
    Column("value", JSON, nullable=False),  # {"da": …, "en": …}
    Column("changed_by", sa.String(16)),
    Column("changed_at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("municipality", "article", "name"),
    _of_municipality(),
)

wrong_answer = Table(  # staff said that an answer was wrong
    "wrong_answer",
    metadata,
    _tenant(),
    Column("inquiry_id", sa.String(16), nullable=False),
    Column("message_id", sa.Integer, nullable=False),
    Column("article", sa.String(80), nullable=False),
    Column("version", sa.String(16), nullable=False),
    Column("said_by", sa.String(16), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("municipality", "inquiry_id", "message_id"),
    ForeignKeyConstraint(*_OF_INQUIRY, ondelete="CASCADE"),
    Index("ix_wrong_answer_municipality_article", "municipality", "article"),
)

candidate = Table(  # a question of a live inquiry and what the right answer was: an example once an editor confirms it
    "candidate",
    metadata,
    _tenant(),
    Column("inquiry_id", sa.String(16), nullable=False),
    Column("message_id", sa.Integer, nullable=False),
    Column("text", sa.Text, nullable=False),  # names, addresses and numbers removed
    Column("language", sa.String(8), nullable=False),
    Column(
        "label", sa.String(80), nullable=False
    ),  # an article's id, area/other or out_of_scope/…; empty when set aside
    Column("state", sa.String(16), nullable=False),  # proposed, confirmed, refused
    Column("proposed_by", sa.String(16), nullable=False),
    Column("proposed_at", UTCDateTime, nullable=False),
    Column("judged_by", sa.String(16)),
    Column("judged_at", UTCDateTime),
    Column("left_out", JSON),  # why it is not trained on although it is confirmed
    PrimaryKeyConstraint("municipality", "inquiry_id", "message_id"),
    ForeignKeyConstraint(*_OF_INQUIRY, ondelete="CASCADE"),
    Index("ix_candidate_municipality_state", "municipality", "state"),
)

draft = Table(  # a reply that staff would make an article of; an editor finishes it
    "draft",
    metadata,
    _tenant(),
    Column("inquiry_id", sa.String(16), nullable=False),
    Column("message_id", sa.Integer, nullable=False),  # the reply
    Column("question_id", sa.Integer, nullable=False),  # the inquirer's message before it
    Column("question", sa.Text, nullable=False),  # names, addresses and numbers removed, as in the answer
    Column("answer", sa.Text, nullable=False),
    Column("language", sa.String(8), nullable=False),
    Column("area", sa.String(32)),
    Column("proposed_by", sa.String(16), nullable=False),
    Column("proposed_at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("municipality", "inquiry_id", "message_id"),
    ForeignKeyConstraint(*_OF_INQUIRY, ondelete="CASCADE"),
)

model = Table(  # of the installation, not of a municipality
    "model",
    metadata,
    Column("id", sa.String(80), primary_key=True),
    Column("fingerprint", sa.String(64), nullable=False),
    Column("size_bytes", sa.Integer, nullable=False),
    Column("sha256", sa.String(64), nullable=False),
    Column("live", sa.Boolean, nullable=False, default=False),
    Column("report", JSON),  # what the gate found; None for a model that had nothing to be compared with
    Column("learnt", JSON),  # {"articles": {id: examples}, "examples": [digest]} of the municipalities' additions in it
    Column("created_at", UTCDateTime, nullable=False),
)

model_content = Table(  # apart, so that no reading or change of a model's row moves its megabytes
    "model_content",
    metadata,
    Column("model_id", sa.String(80), sa.ForeignKey("model.id", ondelete="CASCADE"), primary_key=True),
    Column("content", sa.LargeBinary, nullable=False),
)

training = Table(  # of the installation: one row, which says who trains now and how far it is
    "training",
    metadata,
    Column("name", sa.String(16), primary_key=True),
    Column("holder", sa.String(32)),
    Column("leased_until", UTCDateTime),
    Column("progress", JSON, nullable=False),
)

telegram_chat = Table(
    "telegram_chat",
    metadata,
    _tenant(),
    Column("chat_id", sa.BigInteger, nullable=False),
    Column("inquiry_id", sa.String(16)),  # where the next message goes
    Column("language", sa.String(8), nullable=False),
    Column("blocked", sa.Boolean, nullable=False, default=False),  # the user blocked the bot
    PrimaryKeyConstraint("municipality", "chat_id"),
    _of_municipality(),
)

audit = Table(
    "audit",
    metadata,
    Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _tenant(),
    Column("staff_id", sa.String(16)),
    Column("inquiry_id", sa.String(16)),
    Column("action", sa.String(40), nullable=False),
    Column("detail", JSON),
    Column("at", UTCDateTime, nullable=False),
    Index("ix_audit_municipality_at", "municipality", "at"),
)
