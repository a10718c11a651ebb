"""A million products in minutes: rows by COPY, as the shop's own verbs would have left them.

Words, makers and prices are spread as in real shops: a few are everywhere, most are rare. The same
numbers make the same crowd each time.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

import orjson
from flask import Flask
from psycopg2.extensions import connection as Connection
from rich.progress import track
from sqlalchemy import select

from api.catalog.models import Category, Trait
from api.catalog.texts import keywords, trait_key, typo_keys, words
from api.kernel.ids import new_id
from api.platform.db import db, session

VENDORS, TAGS, TYPES, SERIES = 2_000, 300, 60, 40_000
SIZES = ("S", "M", "L")
COLOURS = ("red", "blue", "green", "black", "white", "grey", "brown", "yellow", "pink", "teal")
_LOOKS = (
    *("amber", "ancient", "bright", "calm", "classic", "curved", "dark", "deep", "early", "fine"),
    *(
        "gentle",
        "glossy",
        "heavy",
        "honest",
        "light",
        "little",
        "matt",
        "modern",
        "narrow",
        "nordic",
    ),
    *("plain", "quiet", "round", "rustic", "simple", "slim", "smooth", "soft", "tall", "wide"),
)
_STUFF = (
    *("ash", "bamboo", "birch", "brass", "ceramic", "clay", "copper", "cork", "cotton", "enamel"),
    *("felt", "glass", "iron", "leather", "linen", "marble", "oak", "porcelain", "slate", "steel"),
    *("stone", "velvet", "walnut", "willow", "wool"),
)
_THINGS = (
    *("apron", "basket", "blanket", "board", "bottle", "bowl", "box", "brush", "bucket", "candle"),
    *("carafe", "chair", "clock", "cup", "cushion", "desk", "dish", "fork", "frame", "glass"),
    *("hook", "jar", "jug", "kettle", "knife", "ladle", "lamp", "mat", "mirror", "mug"),
    *("napkin", "pan", "peg", "pillow", "pitcher", "plate", "pot", "rack", "rug", "scale"),
    *("shelf", "spoon", "stool", "table", "teapot", "towel", "tray", "vase", "whisk", "yarn"),
)
_BEGINNINGS = ("al", "bel", "cor", "dan", "el", "fen", "gar", "hol", "ist", "jor", "kal", "lun")
_MIDDLES = ("a", "o", "i", "u", "era", "ino", "aru", "oli", "etta", "umbi", "anga", "isto")
_ENDINGS = ("berg", "dale", "fjord", "holm", "land", "mark", "nes", "rup", "stad", "vik", "wick")


class Crowd:
    """Makes rows; the tables are filled one after another, each from what was remembered."""

    def __init__(
        self, count: int, top: Sequence[UUID], known: Mapping[tuple[str, str], int]
    ) -> None:
        self.count = count
        self.chance = random.Random(7)
        self.ids = [new_id() for _ in range(count)]
        self.now = datetime.now(UTC)
        self.top = list(top)
        self.leaves = [(new_id(), number) for number in range(len(self.top) * 30)]
        self.series = _names(SERIES)
        self.vendors = [f"{name.title()} & Co" for name in self.series[-VENDORS:]]
        self.tags = [f"tag {name}" for name in self.series[1000 : 1000 + TAGS]]
        self.types = [f"Type {number}" for number in range(TYPES)]
        self.known: Counter[str] = Counter()
        self.prices = [self.chance.randrange(299, 49_900) for _ in range(count)]
        self.places = [self.chance.randrange(len(self.leaves)) for _ in range(count)]
        self._spread = {
            size: list(accumulate(1 / (rank + 5) for rank in range(size)))
            for size in (SERIES, VENDORS, TAGS, TYPES)
        }
        labels = (
            *(("vendor", vendor) for vendor in self.vendors),
            *(("tag", tag) for tag in self.tags),
            *(("type", kind) for kind in self.types),
            *(("option:size", size) for size in SIZES),
            *(("attribute:colour", colour) for colour in COLOURS),
        )
        self.known_traits = known
        self.traits = {
            (kind, label): known.get((kind, trait_key(label)), 10_000_000 + number)
            for number, (kind, label) in enumerate(labels)
        }

    def _one(self, of: Sequence[str]) -> str:
        return self.chance.choices(of, cum_weights=self._spread[len(of)])[0]

    def products(self) -> Iterator[tuple[Any, ...]]:
        """Yield product rows, and count their words."""
        for number, product_id in enumerate(self.ids):
            chance = self.chance
            colour = chance.choice(COLOURS)
            name = (chance.choice(_LOOKS), chance.choice(_STUFF), chance.choice(_THINGS))
            title = f"{' '.join(name).title()} {self._one(self.series).title()}"
            vendor, kind = self._one(self.vendors), self._one(self.types)
            tags = sorted({self._one(self.tags) for _ in range(chance.randrange(5))})
            said = " ".join(chance.choices(_LOOKS + _STUFF + _THINGS, k=30))
            codes = [f"C{number}-{size}" for size in SIZES]
            found_by = keywords((vendor, kind, *tags, *SIZES), codes)
            self.known.update({*words(title).split(), *keywords((vendor, kind, *tags), ()).split()})
            traits = [
                self.traits["vendor", vendor],
                self.traits["type", kind],
                self.traits["attribute:colour", colour],
                *(self.traits["tag", tag] for tag in tags),
                *(self.traits["option:size", size] for size in SIZES),
            ]
            yield (
                *(product_id, 1, self.now - timedelta(seconds=self.count - number)),
                *(f"crowd-{number}", title, f"<p>{said}.</p>", "active", vendor, kind),
                *(orjson.dumps(tags).decode(), '["Size"]', self.leaves[self.places[number]][0]),
                *(self.now, number % 10 != 0, "{" + ",".join(map(str, sorted(traits))) + "}"),
                *(words(title), found_by, said),
            )

    def variants(self) -> Iterator[tuple[Any, ...]]:
        """Yield three variants of each product."""
        for number, product_id in enumerate(self.ids):
            for place, size in enumerate(SIZES):
                yield (
                    *(_variant(product_id, place), 1, self.now, product_id),
                    *(f"C{number}-{size}", f'["{size}"]', size, 400, "standard", place),
                    number % 10 != 0,
                )

    def variant_prices(self) -> Iterator[tuple[Any, ...]]:
        """Yield a price in euros for each variant."""
        for product_id, price in zip(self.ids, self.prices, strict=True):
            for place in range(len(SIZES)):
                yield _variant(product_id, place), "EUR", price + 100 * place

    def ranges(self) -> Iterator[tuple[Any, ...]]:
        """Yield what follows from the prices."""
        for product_id, price in zip(self.ids, self.prices, strict=True):
            yield product_id, "EUR", price, price + 200

    def images(self) -> Iterator[tuple[Any, ...]]:
        """Yield a picture of each product."""
        for number, product_id in enumerate(self.ids):
            yield product_id, product_id, f"https://images.example.test/{number}.jpg", "", 0

    def categories(self) -> Iterator[tuple[Any, ...]]:
        """Yield thirty categories below each of those that are there."""
        for leaf_id, number in self.leaves:
            top = number % len(self.top)
            path = f"category-{top}/leaf-{number}"
            yield (
                *(leaf_id, 1, self.now, self.top[top], f"leaf-{number}", f"Leaf {number}", ""),
                *(number, path),
            )

    def members(self) -> Iterator[tuple[Any, ...]]:
        """Yield the place of each product in its category and in the one above."""
        for product_id, place in zip(self.ids, self.places, strict=True):
            leaf_id, number = self.leaves[place]
            yield leaf_id, product_id, True
            yield self.top[number % len(self.top)], product_id, False

    def trait_rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield everything that products are filtered by."""
        for (kind, label), trait_id in self.traits.items():
            if (kind, trait_key(label)) not in self.known_traits:
                yield trait_id, kind, trait_key(label), label

    def search_words(self) -> Iterator[tuple[Any, ...]]:
        """Yield the words that products are found by."""
        for word, count in sorted(self.known.items()):
            edits = ",".join(f'"{key}"' for key in typo_keys(word))
            yield word, count, "{" + edits + "}"


def fill(app: Flask, *, products: int) -> list[str]:
    """Add so many products below the shop's first categories; returns the slugs of some of them.

    Indexes are built once, at the end.
    """
    with app.app_context():
        top = session.scalars(
            select(Category.id).where(Category.parent_id.is_(None)).order_by(Category.slug)
        ).all()
        traits = session.execute(select(Trait.kind, Trait.key, Trait.id))
        known = {(row.kind, row.key): row.id for row in traits}
    crowd = Crowd(products, top, known)
    tables: tuple[tuple[str, str, Callable[[], Iterable[tuple[Any, ...]]]], ...] = (
        ("categories", "id version created_at parent_id slug name description position path",
         crowd.categories),
        ("products", "id version created_at slug title description status vendor product_type tags"
         " options category_id published_at in_stock traits search_title search_words search_body",
         crowd.products),
        ("variants", "id version created_at product_id sku option_values title weight_grams"
         " tax_class position in_stock", crowd.variants),
        ("variant_prices", "variant_id currency amount", crowd.variant_prices),
        ("product_price_ranges", "product_id currency lowest highest", crowd.ranges),
        ("product_images", "id product_id url alt position", crowd.images),
        ("category_members", "category_id product_id is_direct", crowd.members),
        ("traits", "id kind key label", crowd.trait_rows),
        ("search_words", "word products edits", crowd.search_words),
    )  # fmt: skip
    with app.app_context():
        raw = db.engine.raw_connection()
        driver: Any = raw.driver_connection
        try:
            with driver.cursor() as cursor:
                # Foreign keys hold by the way the rows are made; asking for each takes an hour.
                cursor.execute("SET session_replication_role = replica")
                cursor.execute("SET statement_timeout = 0")
                cursor.execute("SET maintenance_work_mem = '512MB'")
                cursor.execute("TRUNCATE search_words")
                kept = _without_indexes(driver, [name for name, _, _ in tables])
                for name, columns, rows in track(tables, description="copying", transient=True):
                    text = f"COPY {name} ({', '.join(columns.split())}) FROM STDIN"
                    cursor.copy_expert(text, _Lines(rows()))
                for definition in track(kept, description="indexing", transient=True):
                    cursor.execute(definition)
            driver.commit()
            driver.autocommit = True
            with driver.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
            driver.autocommit = False
        finally:
            raw.invalidate()
    return [f"crowd-{number}" for number in range(0, products, max(1, products // 50))]


class _Lines:
    """Rows as a file in the text form that COPY reads."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._lines = ("\t".join(map(str, row)) + "\n" for row in rows)
        self._rest = ""

    def read(self, size: int) -> str:
        """Return about `size` characters; nothing at the end."""
        pieces, length = [self._rest], len(self._rest)
        for line in self._lines:
            pieces.append(line)
            length += len(line)
            if length >= size:
                break
        whole = "".join(pieces)
        self._rest = whole[size:]
        return whole[:size]


def _without_indexes(driver: Connection, tables: Sequence[str]) -> list[str]:
    """Drop the indexes that no constraint needs; returns how each is made again."""
    with driver.cursor() as cursor:
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " WHERE i.indrelid::regclass::text = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
            (list(tables),),
        )
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


def _variant(product_id: UUID, place: int) -> UUID:
    """Name a variant after its product, so that nothing needs to be remembered of three million."""
    return UUID(int=product_id.int ^ (place + 1))


def _names(count: int) -> list[str]:
    """Make up names that read like names, each once."""
    chance = random.Random(3)
    found: dict[str, None] = {}
    while len(found) < count:
        middle = "".join(chance.choices(_MIDDLES, k=chance.randrange(1, 4)))
        found[chance.choice(_BEGINNINGS) + middle + chance.choice(_ENDINGS)] = None
    return list(found)
