"""What an inquiry is found by, in one spelling"""

import sqlalchemy as sa
from alembic import op

from bot.searching import COLUMNS, searched

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BATCH = 500


def upgrade() -> None:
    op.add_column("inquiry", sa.Column("searched", sa.Text(), nullable=True))
    inquiry = sa.table("inquiry", *(sa.column(name) for name in ("municipality", "id", "searched", *COLUMNS)))
    c = inquiry.c
    connection = op.get_bind()
    rows = sa.select(c.municipality, c.id, *(c[name] for name in COLUMNS))
    last = ("", "")
    while True:
        later = sa.or_(c.municipality > last[0], sa.and_(c.municipality == last[0], c.id > last[1]))
        batch = connection.execute(rows.where(later).order_by(c.municipality, c.id).limit(_BATCH)).mappings().all()
        if not batch:
            return
        for row in batch:
            here = sa.and_(c.municipality == row["municipality"], c.id == row["id"])
            connection.execute(sa.update(inquiry).where(here).values(searched=searched(dict(row))))
        last = (batch[-1]["municipality"], batch[-1]["id"])


def downgrade() -> None:
    op.drop_column("inquiry", "searched")
