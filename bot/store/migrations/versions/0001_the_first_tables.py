"""The first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("staff_id", sa.String(length=16), nullable=True),
        sa.Column("inquiry_id", sa.String(length=16), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_municipality_at", ["municipality", "at"], unique=False)

    op.create_table(
        "model",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("learnt", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
    )
    op.create_table(
        "model_content",
        sa.Column("model_id", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_content_model_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_content")),
    )
    op.create_table(
        "training",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_training")),
    )
    op.create_table(
        "municipality",
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("name", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("origins", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("opening_hours", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("closing_days", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("open_days", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("first_reply_minutes", sa.Integer(), nullable=False),
        sa.Column("next_reply_minutes", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("telegram_bodies", sa.Boolean(), nullable=False),
        sa.Column("knowledge_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_municipality")),
    )
    op.create_table(
        "article_text",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("article", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("base_version", sa.String(length=16), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("left_out", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("changed_by", sa.String(length=16), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.code"], name=op.f("fk_article_text_municipality")),
        sa.PrimaryKeyConstraint("municipality", "article", name=op.f("pk_article_text")),
    )
    op.create_table(
        "business",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("cvr", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("key_account_manager_id", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.code"], name=op.f("fk_business_municipality")),
        sa.PrimaryKeyConstraint("municipality", "cvr", name=op.f("pk_business")),
    )
    op.create_table(
        "department",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("areas", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.code"], name=op.f("fk_department_municipality")),
        sa.PrimaryKeyConstraint("municipality", "id", name=op.f("pk_department")),
    )
    op.create_table(
        "inbound",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.code"], name=op.f("fk_inbound_municipality")),
        sa.PrimaryKeyConstraint("municipality", "channel", "external_id", name=op.f("pk_inbound")),
    )
    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbound_municipality_channel_source", ["municipality", "channel", "source"], unique=False
        )
        batch_op.create_index(
            "ix_inbound_open",
            ["municipality", "channel"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "inquiry",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("client_hash", sa.String(length=64), nullable=True),
        sa.Column("identity", sa.String(length=80), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("area", sa.String(length=32), nullable=True),
        sa.Column("department_id", sa.String(length=16), nullable=True),
        sa.Column("owner_id", sa.String(length=16), nullable=True),
        sa.Column("acting_id", sa.String(length=16), nullable=True),
        sa.Column("escalation_reason", sa.String(length=32), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("contact_name", sa.String(length=200), nullable=True),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("contact_phone", sa.String(length=40), nullable=True),
        sa.Column("company", sa.String(length=200), nullable=True),
        sa.Column("cvr", sa.String(length=8), nullable=True),
        sa.Column("cvr_checked", sa.Boolean(), nullable=False),
        sa.Column("previous_id", sa.String(length=16), nullable=True),
        sa.Column("state", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state_version", sa.Integer(), nullable=False),
        sa.Column("open_turns", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("read_seq", sa.Integer(), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.code"], name=op.f("fk_inquiry_municipality")),
        sa.PrimaryKeyConstraint("municipality", "id", name=op.f("pk_inquiry")),
        sa.UniqueConstraint("municipality", "client_hash", name=op.f("uq_inquiry_municipality_client_hash")),
        sa.UniqueConstraint("municipality", "number", name=op.f("uq_inquiry_municipality_number")),
    )
    with op.batch_alter_table("inquiry", schema=None) as batch_op:
        batch_op.create_index("ix_inquiry_id", ["id"], unique=False)
        batch_op.create_index("ix_inquiry_municipality_identity", ["municipality", "identity"], unique=False)
        batch_op.create_index("ix_inquiry_municipality_owner", ["municipality", "owner_id", "status"], unique=False)
        batch_op.create_index(
            "ix_inquiry_municipality_status", ["municipality", "status", "last_message_at"], unique=False
        )

    op.create_table(
        "local_value",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("article", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("changed_by", sa.String(length=16), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.code"], name=op.f("fk_local_value_municipality")),
        sa.PrimaryKeyConstraint("municipality", "article", "name", name=op.f("pk_local_value")),
    )
    op.create_table(
        "number",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.code"], name=op.f("fk_number_municipality")),
        sa.PrimaryKeyConstraint("municipality", "year", name=op.f("pk_number")),
    )
    op.create_table(
        "telegram_chat",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("inquiry_id", sa.String(length=16), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.code"], name=op.f("fk_telegram_chat_municipality")),
        sa.PrimaryKeyConstraint("municipality", "chat_id", name=op.f("pk_telegram_chat")),
    )
    op.create_table(
        "deadline",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("inquiry_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality", "inquiry_id"],
            ["inquiry.municipality", "inquiry.id"],
            name=op.f("fk_deadline_municipality_inquiry_id"),
        ),
        sa.PrimaryKeyConstraint("municipality", "inquiry_id", "id", name=op.f("pk_deadline")),
    )
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.create_index("ix_deadline_due_at", ["due_at"], unique=False)

    op.create_table(
        "message",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("inquiry_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=16), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("staff_id", sa.String(length=16), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("article", sa.String(length=80), nullable=True),
        sa.Column("article_version", sa.String(length=16), nullable=True),
        sa.Column("helped", sa.Boolean(), nullable=True),
        sa.Column("client_id", sa.String(length=80), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality", "inquiry_id"],
            ["inquiry.municipality", "inquiry.id"],
            name=op.f("fk_message_municipality_inquiry_id"),
        ),
        sa.PrimaryKeyConstraint("municipality", "inquiry_id", "id", name=op.f("pk_message")),
        sa.UniqueConstraint(
            "municipality", "inquiry_id", "client_id", name=op.f("uq_message_municipality_inquiry_id_client_id")
        ),
        sa.UniqueConstraint("municipality", "inquiry_id", "seq", name=op.f("uq_message_municipality_inquiry_id_seq")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_municipality_inquiry_id_rev", ["municipality", "inquiry_id", "rev"], unique=False
        )
        batch_op.create_index(
            "ix_message_article",
            ["municipality", "article", "article_version"],
            unique=False,
            sqlite_where=sa.text("article IS NOT NULL"),
            postgresql_where=sa.text("article IS NOT NULL"),
        )

    op.create_table(
        "wrong_answer",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("inquiry_id", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("article", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("said_by", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality", "inquiry_id"],
            ["inquiry.municipality", "inquiry.id"],
            name=op.f("fk_wrong_answer_municipality_inquiry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("municipality", "inquiry_id", "message_id", name=op.f("pk_wrong_answer")),
    )
    with op.batch_alter_table("wrong_answer", schema=None) as batch_op:
        batch_op.create_index("ix_wrong_answer_municipality_article", ["municipality", "article"], unique=False)

    op.create_table(
        "candidate",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("inquiry_id", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.String(length=16), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_by", sa.String(length=16), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_out", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality", "inquiry_id"],
            ["inquiry.municipality", "inquiry.id"],
            name=op.f("fk_candidate_municipality_inquiry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("municipality", "inquiry_id", "message_id", name=op.f("pk_candidate")),
    )
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.create_index("ix_candidate_municipality_state", ["municipality", "state"], unique=False)

    op.create_table(
        "draft",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("inquiry_id", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("area", sa.String(length=32), nullable=True),
        sa.Column("proposed_by", sa.String(length=16), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality", "inquiry_id"],
            ["inquiry.municipality", "inquiry.id"],
            name=op.f("fk_draft_municipality_inquiry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("municipality", "inquiry_id", "message_id", name=op.f("pk_draft")),
    )

    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("inquiry_id", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_flight", sa.Boolean(), nullable=False),
        sa.Column("maybe_doubled", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality", "inquiry_id"],
            ["inquiry.municipality", "inquiry.id"],
            name=op.f("fk_outbox_municipality_inquiry_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint(
            "municipality",
            "inquiry_id",
            "message_id",
            "channel",
            "address",
            name=op.f("uq_outbox_municipality_inquiry_id_message_id_channel_address"),
        ),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_pending",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )

    op.create_table(
        "staff",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("department_id", sa.String(length=16), nullable=True),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality", "department_id"],
            ["department.municipality", "department.id"],
            name=op.f("fk_staff_municipality_department_id"),
        ),
        sa.PrimaryKeyConstraint("municipality", "id", name=op.f("pk_staff")),
        sa.UniqueConstraint("municipality", "email", name=op.f("uq_staff_municipality_email")),
    )
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.create_index("ix_staff_email", ["email"], unique=False)

    op.create_table(
        "turn",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("inquiry_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("choice", sa.String(length=120), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(length=32), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("understanding", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("answered", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality", "inquiry_id"],
            ["inquiry.municipality", "inquiry.id"],
            name=op.f("fk_turn_municipality_inquiry_id"),
        ),
        sa.PrimaryKeyConstraint("municipality", "inquiry_id", "id", name=op.f("pk_turn")),
    )
    with op.batch_alter_table("turn", schema=None) as batch_op:
        batch_op.create_index(
            "ix_turn_open",
            ["leased_until"],
            unique=False,
            sqlite_where=sa.text("status = 'open'"),
            postgresql_where=sa.text("status = 'open'"),
        )

    op.create_table(
        "absence",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("staff_id", sa.String(length=16), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deputy_id", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality", "staff_id"],
            ["staff.municipality", "staff.id"],
            name=op.f("fk_absence_municipality_staff_id"),
        ),
        sa.PrimaryKeyConstraint("municipality", "id", name=op.f("pk_absence")),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("staff_id", sa.String(length=16), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality", "staff_id"],
            ["staff.municipality", "staff.id"],
            name=op.f("fk_session_municipality_staff_id"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )


def downgrade() -> None:
    op.drop_table("draft")
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.drop_index("ix_candidate_municipality_state")

    op.drop_table("candidate")
    with op.batch_alter_table("wrong_answer", schema=None) as batch_op:
        batch_op.drop_index("ix_wrong_answer_municipality_article")

    op.drop_table("wrong_answer")
    op.drop_table("session")
    op.drop_table("absence")
    with op.batch_alter_table("turn", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_turn_open", sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'")
        )

    op.drop_table("turn")
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_index("ix_staff_email")

    op.drop_table("staff")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_pending",
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )

    op.drop_table("outbox")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_message_article",
            sqlite_where=sa.text("article IS NOT NULL"),
            postgresql_where=sa.text("article IS NOT NULL"),
        )
        batch_op.drop_index("ix_message_municipality_inquiry_id_rev")

    op.drop_table("message")
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.drop_index("ix_deadline_due_at")

    op.drop_table("deadline")
    op.drop_table("telegram_chat")
    op.drop_table("number")
    op.drop_table("local_value")
    with op.batch_alter_table("inquiry", schema=None) as batch_op:
        batch_op.drop_index("ix_inquiry_municipality_status")
        batch_op.drop_index("ix_inquiry_municipality_owner")
        batch_op.drop_index("ix_inquiry_municipality_identity")
        batch_op.drop_index("ix_inquiry_id")

    op.drop_table("inquiry")
    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.drop_index("ix_inbound_open")
        batch_op.drop_index("ix_inbound_municipality_channel_source")

    op.drop_table("inbound")
    op.drop_table("department")
    op.drop_table("business")
    op.drop_table("article_text")
    op.drop_table("municipality")
    op.drop_table("training")
    op.drop_table("model_content")
    op.drop_table("model")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_municipality_at")

    op.drop_table("audit")
