"""Words: texts in other languages, addresses of before, and what searchers may have meant."""

from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Versioned


class Translation(Versioned, Base):
    """The texts of one thing in one language, by field; a field that is missing falls back.

    A deleted one stays as a row without texts, so that its version never comes again.
    The subject is a product, category, collection, attribute or attribute choice, as `kind` says.
    """

    __tablename__ = "translations"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('product', 'category', 'collection', 'attribute', 'attribute_choice')",
            name="kind_is_known",
        ),
    )

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(35), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    texts: Mapped[dict[str, object]] = mapped_column(default=dict)


class SlugRedirect(Base):
    """An address under which something was found before; it leads to what it is called now."""

    __tablename__ = "old_slugs"
    __table_args__ = (
        CheckConstraint("kind IN ('product', 'category', 'collection')", name="kind_is_known"),
    )

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    slug: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(index=True)


class SearchTerm(Base):
    """A word that products are found by.

    `edits` are the word and what is left of it when one letter is missing: two words that are one
    typo apart have one of these in common. `products` is how many had it when it was last counted.
    """

    __tablename__ = "search_words"
    __table_args__ = (Index("ix_search_words_edits", "edits", postgresql_using="gin"),)

    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    products: Mapped[int]
    edits: Mapped[list[str]] = mapped_column(ARRAY(Text))
