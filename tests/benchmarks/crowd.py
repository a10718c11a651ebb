"""A million products in minutes: rows by COPY, as the shop's own verbs would have left them.

Words, makers and prices are spread as in real shops: a few are everywhere, most are rare. The same
number makes the same products each time.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from uuid import UUID

import orjson
from rich.progress import Progress

from api.catalog.texts import deletion_keys, facet_key, keywords
from api.kernel.text_folding import words
from tests.benchmarks.copying import Row, copy_rows, fast_copying
from tests.benchmarks.shop import BenchShop

VENDORS, TAGS, TYPES, SERIES = 2_000, 300, 60, 40_000
UNITS = 100
SIZES = ("S", "M", "L")
COLOURS = ("red", "blue", "green", "black", "white", "grey", "brown", "yellow", "pink", "teal")
_LOOKS = (
    *("amber", "ancient", "bright", "calm", "classic", "curved", "dark", "deep", "early", "fine"),
    *("gentle", "glossy", "heavy", "honest", "light", "little", "matt", "modern", "narrow"),
    *("nordic", "plain", "quiet", "round", "rustic", "simple", "slim", "smooth", "soft", "tall"),
    "wide",
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
    *("shelf", "spoon", "stool", "table", "teapot", "towel", "outbox", "vase", "whisk", "yarn"),
)
_BEGINNINGS = ("al", "bel", "cor", "dan", "el", "fen", "gar", "hol", "ist", "jor", "kal", "lun")
_MIDDLES = ("a", "o", "i", "u", "era", "ino", "aru", "oli", "etta", "umbi", "anga", "isto")
_ENDINGS = ("berg", "dale", "fjord", "holm", "land", "mark", "nes", "rup", "stad", "vik", "wick")


class Crowd:
    """Makes rows; the tables are filled one after another, each from what was remembered."""

    def __init__(
        self,
        count: int,
        top: Sequence[UUID],
        known: Mapping[tuple[str, str], int],
        location: UUID,
    ) -> None:
        self.count = count
        self.chance = random.Random(7)
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.location = location
        began = self.now - timedelta(days=1)
        self.ids = [_id(began, 0, number) for number in range(count)]
        self.top = list(top)
        self.leaves = [(_id(began, 1, number), number) for number in range(len(self.top) * 30)]
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
            (kind, label): known.get((kind, facet_key(label)), 10_000_000 + number)
            for number, (kind, label) in enumerate(labels)
        }

    def _one(self, of: Sequence[str]) -> str:
        return self.chance.choices(of, cum_weights=self._spread[len(of)])[0]

    def products(self) -> Iterator[Row]:
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

    def variants(self) -> Iterator[Row]:
        """Yield three variants of each product."""
        for number, product_id in enumerate(self.ids):
            for place, size in enumerate(SIZES):
                yield (
                    *(_variant(product_id, place), 1, self.now, product_id),
                    *(f"C{number}-{size}", f'["{size}"]', size, 400, "standard", place),
                    number % 10 != 0,
                )

    def levels(self) -> Iterator[Row]:
        """Yield a stock level of each variant; every tenth product is sold out."""
        for number, product_id in enumerate(self.ids):
            for place in range(len(SIZES)):
                variant_id = _variant(product_id, place)
                units = 0 if number % 10 == 0 else UNITS
                moved = self.now if units else "\\N"
                # The level is called as its variant: nothing needs to be remembered.
                yield variant_id, 1, self.now, variant_id, self.location, units, 0, 0, False, moved

    def movements(self) -> Iterator[Row]:
        """Yield the line of the journal that opened each level."""
        for number, product_id in enumerate(self.ids):
            for place in range(len(SIZES) if number % 10 else 0):
                level_id = _variant(product_id, place)
                yield (
                    *(level_id, self.now, level_id, "opening", UNITS, 0, 0, UNITS),
                    *("System", "bench"),
                )

    def variant_prices(self) -> Iterator[Row]:
        """Yield a price in euros for each variant."""
        for product_id, price in zip(self.ids, self.prices, strict=True):
            for place in range(len(SIZES)):
                yield _variant(product_id, place), "EUR", price + 100 * place

    def ranges(self) -> Iterator[Row]:
        """Yield what follows from the prices."""
        for product_id, price in zip(self.ids, self.prices, strict=True):
            yield product_id, "EUR", price, price + 200

    def images(self) -> Iterator[Row]:
        """Yield a picture of each product."""
        for number, product_id in enumerate(self.ids):
            yield product_id, product_id, f"https://images.example.test/{number}.jpg", "", 0

    def categories(self) -> Iterator[Row]:
        """Yield thirty categories below each of those that are there."""
        for leaf_id, number in self.leaves:
            top = number % len(self.top)
            path = f"category-{top}/leaf-{number}"
            yield (
                *(leaf_id, 1, self.now, self.top[top], f"leaf-{number}", f"Leaf {number}", ""),
                *(number, path),
            )

    def members(self) -> Iterator[Row]:
        """Yield the place of each product in its category and in the one above."""
        for product_id, place in zip(self.ids, self.places, strict=True):
            leaf_id, number = self.leaves[place]
            yield leaf_id, product_id, True
            yield self.top[number % len(self.top)], product_id, False

    def trait_rows(self) -> Iterator[Row]:
        """Yield everything that products are filtered by."""
        for (kind, label), trait_id in self.traits.items():
            if (kind, facet_key(label)) not in self.known_traits:
                yield trait_id, kind, facet_key(label), label

    def search_words(self) -> Iterator[Row]:
        """Yield the words that products are found by."""
        for word, count in sorted(self.known.items()):
            edits = ",".join(f'"{key}"' for key in deletion_keys(word))
            yield word, count, "{" + edits + "}"


def fill(shop: BenchShop, products: int, progress: Progress) -> None:
    """Add so many products below the shop's first categories, while nobody uses the shop."""
    top = shop.sql("SELECT id::text FROM categories WHERE parent_id IS NULL ORDER BY slug")
    ((location,),) = shop.sql("SELECT id::text FROM locations LIMIT 1")
    traits = shop.sql("SELECT kind, key, id FROM traits")
    known = {(kind, key): trait_id for kind, key, trait_id in traits}
    crowd = Crowd(products, [UUID(each) for (each,) in top], known, UUID(location))
    crowd.known.update(dict(shop.sql("SELECT word, products FROM search_words")))
    tables: tuple[tuple[str, str, Callable[[], Iterable[Row]], int], ...] = (
        ("categories", "id version created_at parent_id slug name description position path",
         crowd.categories, 300),
        ("products", "id version created_at slug title description status vendor product_type tags"
         " options category_id published_at in_stock traits search_title search_words search_body",
         crowd.products, products),
        ("variants", "id version created_at product_id sku option_values title weight_grams"
         " tax_class position in_stock", crowd.variants, 3 * products),
        ("variant_prices", "variant_id currency amount", crowd.variant_prices, 3 * products),
        ("product_price_ranges", "product_id currency lowest highest", crowd.ranges, products),
        ("product_images", "id product_id url alt position", crowd.images, products),
        ("category_members", "category_id product_id is_direct", crowd.members, 2 * products),
        ("stock_levels", "id version created_at variant_id location_id on_hand allocated reserved"
         " below_threshold last_moved_at", crowd.levels, 3 * products),
        ("stock_movements", "id created_at level_id kind on_hand_change allocated_change"
         " reserved_change on_hand_after actor request_id", crowd.movements, 3 * products),
        ("traits", "id kind key label", crowd.trait_rows, len(crowd.traits)),
        ("search_words", "word products edits", crowd.search_words, 10_000),
    )  # fmt: skip
    driver = shop.connect()
    try:
        driver.autocommit = False
        with fast_copying(driver, [table for table, *_ in tables]):
            with driver.cursor() as cursor:
                cursor.execute("TRUNCATE search_words")
            for table, columns, rows, count in tables:
                told = progress.track(rows(), total=count, description=f"copying {table}")
                copy_rows(driver, table, columns.split(), told)
        driver.commit()
    finally:
        driver.close()


def _id(began: datetime, kind: int, number: int) -> UUID:
    """Name a row in the order of time, with room below for what is named after it."""
    milliseconds = int(began.timestamp() * 1000) + number // 32
    return UUID(int=milliseconds << 80 | 7 << 76 | kind << 72 | 2 << 62 | number << 3)


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
