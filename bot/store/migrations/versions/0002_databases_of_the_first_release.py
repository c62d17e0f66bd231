"""Databases of the first release

Revision 0001 was changed after the first databases were made by it. Those say 0001 too and lack what was put into it later; they
get it here. Databases made by 0001 as it stands now are left as they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    found = sa.inspect(op.get_bind())
    tables = set(found.get_table_names())
    if "training" not in tables:
        _make_training()
    if "draft" not in tables:
        _make_draft()
    if "model_content" not in tables:
        _move_content_of_models()
    for table in ("article_text", "candidate"):
        if not _has(found, table, "left_out"):
            op.add_column(table, sa.Column("left_out", _JSON, nullable=True))
    if not _has(found, "model", "learnt"):
        op.add_column("model", sa.Column("learnt", _JSON, nullable=True))
    [department] = [column for column in found.get_columns("staff") if column["name"] == "department_id"]
    if not department["nullable"]:
        # Operators belong to no department.
        with op.batch_alter_table("staff") as staff:
            staff.alter_column("department_id", existing_type=sa.String(16), nullable=True)


def downgrade() -> None:
    """Revision 0001 has all of it."""


def _has(found: sa.Inspector, table: str, column: str) -> bool:
    return column in {one["name"] for one in found.get_columns(table)}


def _make_training() -> None:
    op.create_table(
        "training",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("holder", sa.String(32), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_training")),
    )


def _make_draft() -> None:
    op.create_table(
        "draft",
        sa.Column("municipality", sa.String(4), nullable=False),
        sa.Column("inquiry_id", sa.String(16), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("area", sa.String(32), nullable=True),
        sa.Column("proposed_by", sa.String(16), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality", "inquiry_id"],
            ["inquiry.municipality", "inquiry.id"],
            name=op.f("fk_draft_municipality_inquiry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("municipality", "inquiry_id", "message_id", name=op.f("pk_draft")),
    )


def _move_content_of_models() -> None:
    op.create_table(
        "model_content",
        sa.Column("model_id", sa.String(80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_content_model_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_content")),
    )
    op.execute("INSERT INTO model_content (model_id, content) SELECT id, content FROM model")
    with op.batch_alter_table("model") as model:
        model.drop_column("content")
