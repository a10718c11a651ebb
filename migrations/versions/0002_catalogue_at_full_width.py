"""The catalogue at full width: collections, attributes, media, barcodes, price history, words.

Revision: 0002
After: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

phase = "expand"

APPEND_ONLY = """
    CREATE TRIGGER price_history_append_only BEFORE UPDATE OR DELETE ON price_history
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
"""

# What the shop has so far is where the new tables begin. Of a UPC and an EAN that are the same
# code, the variant that came first keeps it: a scan can mean only one.
BARCODES = """
    INSERT INTO barcodes (code, variant_id, pack_quantity, position)
    SELECT barcode, id, 1, 0 FROM variants WHERE barcode IS NOT NULL
    ORDER BY id ON CONFLICT DO NOTHING
"""
PRICES = """
    INSERT INTO price_history (id, variant_id, currency, amount, compare_at, since)
    SELECT gen_random_uuid(), p.variant_id, p.currency, p.amount, p.compare_at, v.created_at
    FROM variant_prices p JOIN variants v ON v.id = p.variant_id
"""
REDUCTIONS = """
    UPDATE variant_prices p SET reduced_since = v.created_at
    FROM variants v WHERE v.id = p.variant_id AND p.compare_at IS NOT NULL
"""

# Nobody has placed anything yet: the newest first, beyond every position that people will give.
PLACES = """
    UPDATE category_members SET position = 1152921504606846976
        - ('x' || overlay(left(replace(product_id::text, '-', ''), 16) placing '' from 13 for 1))
          ::bit(60)::bigint
"""

# The planner remembers how frequent only so many words and traits are; by default too few of them
# to tell a rare one from a common one.
STATISTICS = """
    ALTER TABLE products
    ALTER COLUMN traits SET STATISTICS 500, ALTER COLUMN search SET STATISTICS 500,
    ALTER COLUMN search_heads SET STATISTICS 500, ALTER COLUMN search_titles SET STATISTICS 500
"""


def upgrade() -> None:
    op.create_table(
        "attributes",
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "text",
                "number",
                "boolean",
                "date",
                "choice",
                "choices",
                name="attribute_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("is_filterable", sa.Boolean(), nullable=False),
        sa.Column("is_visible", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9_]*$'", name=op.f("ck_attributes_code_is_plain")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_attributes_position_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attributes")),
        sa.UniqueConstraint("code", name=op.f("uq_attributes_code")),
    )
    op.create_table(
        "collections",
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("seo_title", sa.String(length=255), nullable=False),
        sa.Column("seo_description", sa.String(length=500), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "manual",
                "rules",
                name="collection_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "match",
            sa.Enum(
                "all",
                "any",
                name="rule_match",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sort", sa.String(length=20), nullable=False),
        sa.Column("is_visible", sa.Boolean(), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
        sa.UniqueConstraint("slug", name=op.f("uq_collections_slug")),
    )
    op.create_table(
        "media",
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("storage_key", sa.String(length=255), nullable=False),
        sa.Column("sizes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "ready",
                "failed",
                name="media_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("checksum", name=op.f("uq_media_checksum")),
    )
    op.create_table(
        "old_slugs",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('product', 'category', 'collection')", name=op.f("ck_old_slugs_kind_is_known")
        ),
        sa.PrimaryKeyConstraint("kind", "slug", name=op.f("pk_old_slugs")),
    )
    op.create_index(op.f("ix_old_slugs_subject_id"), "old_slugs", ["subject_id"], unique=False)
    op.create_table(
        "product_types",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column(
            "name_key",
            sa.Text(collation="C"),
            sa.Computed("lower((name)::text)", persisted=True),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_types")),
        sa.UniqueConstraint("name_key", name=op.f("uq_product_types_name_key")),
    )
    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("products", sa.Integer(), nullable=False),
        sa.Column("edits", sa.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    op.create_index(
        "ix_search_words_edits", "search_words", ["edits"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "traits",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traits")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_traits_kind_key")),
    )
    op.create_table(
        "translations",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("texts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "kind IN ('product', 'category', 'collection', 'attribute', 'attribute_choice')",
            name=op.f("ck_translations_kind_is_known"),
        ),
        sa.PrimaryKeyConstraint("subject_id", "language", name=op.f("pk_translations")),
    )
    op.create_table(
        "attribute_choices",
        sa.Column("attribute_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "position >= 0", name=op.f("ck_attribute_choices_position_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["attribute_id"],
            ["attributes.id"],
            name=op.f("fk_attribute_choices_attribute_id_attributes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute_choices")),
        sa.UniqueConstraint(
            "attribute_id", "value", name=op.f("uq_attribute_choices_attribute_id_value")
        ),
    )
    op.create_table(
        "product_type_attributes",
        sa.Column("product_type_id", sa.Uuid(), nullable=False),
        sa.Column("attribute_id", sa.Uuid(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "position >= 0", name=op.f("ck_product_type_attributes_position_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["attribute_id"],
            ["attributes.id"],
            name=op.f("fk_product_type_attributes_attribute_id_attributes"),
        ),
        sa.ForeignKeyConstraint(
            ["product_type_id"],
            ["product_types.id"],
            name=op.f("fk_product_type_attributes_product_type_id_product_types"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "product_type_id", "attribute_id", name=op.f("pk_product_type_attributes")
        ),
    )
    op.create_index(
        op.f("ix_product_type_attributes_attribute_id"),
        "product_type_attributes",
        ["attribute_id"],
        unique=False,
    )
    op.create_table(
        "collection_members",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "position >= 0", name=op.f("ck_collection_members_position_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_collection_members_collection_id_collections"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_collection_members_product_id_products")
        ),
        sa.PrimaryKeyConstraint("collection_id", "product_id", name=op.f("pk_collection_members")),
    )
    op.create_index(
        "ix_collection_members_in_order",
        "collection_members",
        ["collection_id", "position", "product_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_collection_members_product_id"), "collection_members", ["product_id"], unique=False
    )
    op.create_table(
        "product_attributes",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("attribute_id", sa.Uuid(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("number", sa.Numeric(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attribute_id"],
            ["attributes.id"],
            name=op.f("fk_product_attributes_attribute_id_attributes"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_attributes_product_id_products")
        ),
        sa.PrimaryKeyConstraint("product_id", "attribute_id", name=op.f("pk_product_attributes")),
    )
    op.create_index(
        "ix_product_attributes_attribute_id",
        "product_attributes",
        ["attribute_id", "product_id"],
        unique=False,
    )
    op.create_index(
        "ix_product_attributes_by_number",
        "product_attributes",
        ["attribute_id", "number", "product_id"],
        unique=False,
        postgresql_where="number IS NOT NULL",
    )
    op.create_table(
        "product_relations",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "related",
                "upsell",
                "cross_sell",
                "accessory",
                "replacement",
                name="relation_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("related_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "position >= 0", name=op.f("ck_product_relations_position_not_negative")
        ),
        sa.CheckConstraint(
            "related_id <> product_id", name=op.f("ck_product_relations_not_to_itself")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_relations_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["related_id"], ["products.id"], name=op.f("fk_product_relations_related_id_products")
        ),
        sa.PrimaryKeyConstraint(
            "product_id", "kind", "related_id", name=op.f("pk_product_relations")
        ),
    )
    op.create_index(
        op.f("ix_product_relations_related_id"), "product_relations", ["related_id"], unique=False
    )
    op.create_table(
        "barcodes",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column(
            "code_key",
            sa.Text(collation="C"),
            sa.Computed(
                "CASE WHEN code ~ '^[0-9]{12}$' THEN '0' || code ELSE code END", persisted=True
            ),
            nullable=False,
        ),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("pack_quantity", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "pack_quantity BETWEEN 1 AND 100000", name=op.f("ck_barcodes_pack_holds_something")
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_barcodes_position_not_negative")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_barcodes_variant_id_variants")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_barcodes")),
        sa.UniqueConstraint("code_key", name=op.f("uq_barcodes_code_key")),
    )
    op.create_index(op.f("ix_barcodes_variant_id"), "barcodes", ["variant_id"], unique=False)
    op.create_table(
        "price_history",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("compare_at", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_price_history_variant_id_variants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_history")),
    )
    op.create_index(
        "ix_price_history_in_order",
        "price_history",
        ["variant_id", "currency", "since"],
        unique=False,
    )
    op.create_table(
        "scheduled_prices",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("compare_at", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "running",
                "ended",
                "cancelled",
                name="schedule_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("before_amount", sa.BigInteger(), nullable=True),
        sa.Column("before_compare_at", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_scheduled_prices_amount_not_negative")),
        sa.CheckConstraint(
            "compare_at > amount", name=op.f("ck_scheduled_prices_compare_at_above_amount")
        ),
        sa.CheckConstraint(
            "ends_at > starts_at", name=op.f("ck_scheduled_prices_ends_after_it_starts")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_scheduled_prices_variant_id_variants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_prices")),
    )
    op.create_index(
        "ix_scheduled_prices_to_end",
        "scheduled_prices",
        ["ends_at"],
        unique=False,
        postgresql_where="state = 'running' AND ends_at IS NOT NULL",
    )
    op.create_index(
        "ix_scheduled_prices_to_start",
        "scheduled_prices",
        ["starts_at"],
        unique=False,
        postgresql_where="state = 'waiting'",
    )
    op.create_index(
        "ix_scheduled_prices_variant_id", "scheduled_prices", ["variant_id"], unique=False
    )
    op.add_column(
        "categories",
        sa.Column("seo_title", sa.String(length=255), server_default="", nullable=False),
    )
    op.add_column(
        "categories",
        sa.Column("seo_description", sa.String(length=500), server_default="", nullable=False),
    )
    op.add_column(
        "category_members",
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_index(
        "ix_category_members_in_order",
        "category_members",
        ["category_id", "position", "product_id"],
        unique=False,
    )
    op.add_column("product_images", sa.Column("media_id", sa.Uuid(), nullable=True))
    op.add_column("product_images", sa.Column("width", sa.Integer(), nullable=True))
    op.add_column("product_images", sa.Column("height", sa.Integer(), nullable=True))
    op.add_column(
        "product_images",
        sa.Column(
            "sizes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
    )
    op.create_index(
        op.f("ix_product_images_media_id"), "product_images", ["media_id"], unique=False
    )
    op.create_foreign_key(
        op.f("fk_product_images_media_id_media"), "product_images", "media", ["media_id"], ["id"]
    )
    op.add_column("product_price_ranges", sa.Column("prior_price", sa.BigInteger(), nullable=True))
    op.add_column(
        "products", sa.Column("seo_title", sa.String(length=255), server_default="", nullable=False)
    )
    op.add_column(
        "products",
        sa.Column("seo_description", sa.String(length=500), server_default="", nullable=False),
    )
    op.add_column(
        "products",
        sa.Column(
            "public_metadata",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
    )
    op.add_column(
        "products",
        sa.Column(
            "private_metadata",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
    )
    op.add_column("products", sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "products", sa.Column("traits", sa.ARRAY(sa.Integer()), server_default="{}", nullable=False)
    )
    op.add_column(
        "products",
        sa.Column(
            "search_titles",
            postgresql.TSVECTOR(),
            sa.Computed("strip(to_tsvector('simple'::regconfig, search_title))", persisted=True),
            nullable=False,
        ),
    )
    op.add_column(
        "products",
        sa.Column(
            "search_heads",
            postgresql.TSVECTOR(),
            sa.Computed(
                "strip(to_tsvector('simple'::regconfig, ((search_title || ' '::text) || search_words)))",
                persisted=True,
            ),
            nullable=False,
        ),
    )
    op.create_index(
        "ix_products_newest_in_stock",
        "products",
        ["id"],
        unique=False,
        postgresql_where="status = 'active' AND in_stock",
    )
    op.create_index(
        "ix_products_search_titles",
        "products",
        ["search_titles"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_products_search_heads",
        "products",
        ["search_heads"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_products_to_publish",
        "products",
        ["publish_at"],
        unique=False,
        postgresql_where="status = 'draft' AND publish_at IS NOT NULL",
    )
    op.create_index(
        "ix_products_traits",
        "products",
        ["traits"],
        unique=False,
        postgresql_using="gin",
        postgresql_where="status = 'active'",
    )
    op.add_column(
        "variant_prices", sa.Column("reduced_since", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("variant_prices", sa.Column("prior_price", sa.BigInteger(), nullable=True))
    op.add_column("variants", sa.Column("external_reference", sa.String(length=255), nullable=True))
    op.add_column(
        "variants",
        sa.Column(
            "public_metadata",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
    )
    op.add_column(
        "variants",
        sa.Column(
            "private_metadata",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
    )
    op.create_unique_constraint(
        op.f("uq_variants_external_reference"), "variants", ["external_reference"]
    )
    op.create_check_constraint(
        op.f("ck_category_members_position_not_negative"), "category_members", "position >= 0"
    )
    op.execute(PLACES)
    op.execute(STATISTICS)
    op.execute(APPEND_ONLY)
    op.execute(BARCODES)
    op.execute(PRICES)
    op.execute(REDUCTIONS)


def downgrade() -> None:
    op.execute("ALTER TABLE products ALTER COLUMN search SET STATISTICS -1")
    op.drop_constraint(op.f("uq_variants_external_reference"), "variants", type_="unique")
    op.drop_column("variants", "private_metadata")
    op.drop_column("variants", "public_metadata")
    op.drop_column("variants", "external_reference")
    op.drop_column("variant_prices", "prior_price")
    op.drop_column("variant_prices", "reduced_since")
    op.drop_index(
        "ix_products_traits",
        table_name="products",
        postgresql_using="gin",
        postgresql_where="status = 'active'",
    )
    op.drop_index(
        "ix_products_to_publish",
        table_name="products",
        postgresql_where="status = 'draft' AND publish_at IS NOT NULL",
    )
    op.drop_index("ix_products_search_titles", table_name="products", postgresql_using="gin")
    op.drop_index(
        "ix_products_newest_in_stock",
        table_name="products",
        postgresql_where="status = 'active' AND in_stock",
    )
    op.drop_index("ix_products_search_heads", table_name="products", postgresql_using="gin")
    op.drop_column("products", "search_heads")
    op.drop_column("products", "search_titles")
    op.drop_column("products", "traits")
    op.drop_column("products", "publish_at")
    op.drop_column("products", "private_metadata")
    op.drop_column("products", "public_metadata")
    op.drop_column("products", "seo_description")
    op.drop_column("products", "seo_title")
    op.drop_column("product_price_ranges", "prior_price")
    op.drop_constraint(
        op.f("fk_product_images_media_id_media"), "product_images", type_="foreignkey"
    )
    op.drop_index(op.f("ix_product_images_media_id"), table_name="product_images")
    op.drop_column("product_images", "sizes")
    op.drop_column("product_images", "height")
    op.drop_column("product_images", "width")
    op.drop_column("product_images", "media_id")
    op.drop_index("ix_category_members_in_order", table_name="category_members")
    op.drop_column("category_members", "position")
    op.drop_column("categories", "seo_description")
    op.drop_column("categories", "seo_title")
    op.drop_index("ix_scheduled_prices_variant_id", table_name="scheduled_prices")
    op.drop_index(
        "ix_scheduled_prices_to_start",
        table_name="scheduled_prices",
        postgresql_where="state = 'waiting'",
    )
    op.drop_index(
        "ix_scheduled_prices_to_end",
        table_name="scheduled_prices",
        postgresql_where="state = 'running' AND ends_at IS NOT NULL",
    )
    op.drop_table("scheduled_prices")
    op.drop_index("ix_price_history_in_order", table_name="price_history")
    op.drop_table("price_history")
    op.drop_index(op.f("ix_barcodes_variant_id"), table_name="barcodes")
    op.drop_table("barcodes")
    op.drop_index(op.f("ix_product_relations_related_id"), table_name="product_relations")
    op.drop_table("product_relations")
    op.drop_index(
        "ix_product_attributes_by_number",
        table_name="product_attributes",
        postgresql_where="number IS NOT NULL",
    )
    op.drop_index("ix_product_attributes_attribute_id", table_name="product_attributes")
    op.drop_table("product_attributes")
    op.drop_index(op.f("ix_collection_members_product_id"), table_name="collection_members")
    op.drop_index("ix_collection_members_in_order", table_name="collection_members")
    op.drop_table("collection_members")
    op.drop_index(
        op.f("ix_product_type_attributes_attribute_id"), table_name="product_type_attributes"
    )
    op.drop_table("product_type_attributes")
    op.drop_table("attribute_choices")
    op.drop_table("translations")
    op.drop_table("traits")
    op.drop_index("ix_search_words_edits", table_name="search_words", postgresql_using="gin")
    op.drop_table("search_words")
    op.drop_table("product_types")
    op.drop_index(op.f("ix_old_slugs_subject_id"), table_name="old_slugs")
    op.drop_table("old_slugs")
    op.drop_table("media")
    op.drop_table("collections")
    op.drop_table("attributes")
