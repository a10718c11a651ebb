"""Staff's lists by status, name, maker and tag: the indexes of the shop window, for every status.

Revision: 0005
After: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

phase = "expand"

ACTIVE = "status = 'active'"


def upgrade() -> None:
    op.create_index(
        "ix_products_off_the_shelf",
        "products",
        ["status", "id"],
        postgresql_where="status <> 'active'",
    )
    _drop()
    op.create_index("ix_products_by_name", "products", ["search_title", "id"])
    op.create_index("ix_products_traits", "products", ["traits"], postgresql_using="gin")


def downgrade() -> None:
    _drop()
    op.create_index(
        "ix_products_by_name", "products", ["search_title", "id"], postgresql_where=ACTIVE
    )
    op.create_index(
        "ix_products_traits",
        "products",
        ["traits"],
        postgresql_using="gin",
        postgresql_where=ACTIVE,
    )
    op.drop_index("ix_products_off_the_shelf", table_name="products")


def _drop() -> None:
    for name in ("ix_products_by_name", "ix_products_traits"):
        op.drop_index(name, table_name="products")
