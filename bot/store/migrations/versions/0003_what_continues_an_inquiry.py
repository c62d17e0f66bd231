"""What continues an inquiry is found by an index: it is looked for at every message to one that is closed for good.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CONTINUES = sa.text("previous_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_inquiry_municipality_previous_id",
        "inquiry",
        ["municipality", "previous_id"],
        sqlite_where=_CONTINUES,
        postgresql_where=_CONTINUES,
    )


def downgrade() -> None:
    op.drop_index("ix_inquiry_municipality_previous_id", table_name="inquiry")
