"""A million orders in minutes: a hundred that the shop has taken itself, copied again and again.

A sample order is placed, paid, shipped, cancelled or refunded over HTTP. Then every row of every
table that belongs to it is copied with other ids, another number, customer and day. So a copy has
whatever columns this version of the shop has, and its books balance as those of the sample do. The
same number makes the same orders each time. Answers kept for repeated commands are not copied.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from rich.progress import Progress

from tests.benchmarks.copying import Lines, escaped, fast_copying
from tests.benchmarks.replies import Broken
from tests.benchmarks.shop import BenchShop, Owner

SAMPLES = 120
FIRST_NUMBER = 1_001
DAYS = 1_000
_SAMPLE_NUMBER = 7_300_000_000
_NAME, _MAILBOX = "Zaphira Quillfeather", "zaphira.quillfeather"
_BEGINNINGS = ("Ada", "Ben", "Cem", "Dora", "Emil", "Fay", "Gus", "Hedy", "Ivo", "Jana", "Kai")
_MIDDLES = ("mar", "lind", "stein", "holm", "berg", "wald", "feld", "bach", "roth", "hage", "brink")
_JOINTS = ("", "en", "in", "el", "ar", "os")
_ENDINGS = ("er", "son", "ova", "mann", "ski", "ez", "dal", "sen")
_RECENT_DAYS = 6
"""Orders wait for money or parcels only when they are this young; the others are done with."""
_RECENT = {"unpaid": 3, "paid": 9, "half": 2, "shipped": 6}
_OLD = {"delivered": 20, "shipped": 4, "cancelled": 2, "refunded": 2}
_LEFT_OUT = {
    "audit_seals",
    "changes",
    "order_claims",
    "idempotency_keys",
    "order_counters",
    "timetable",
    "refresh_tokens",
    "sign_ins",
}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_MINUTE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d)(:\d\d(?:\.\d+)?)\+00")
_MINUTE_FORMAT = "%Y-%m-%d %H:%M"


@dataclass
class _Template:
    """One row as a line of COPY, with places for what differs."""

    text: str
    pick: Any


@dataclass
class _Sample:
    """One order that the shop has taken, as templates by table."""

    kind: str
    placed_at: datetime
    minutes: list[datetime]
    templates: dict[str, list[_Template]] = field(default_factory=lambda: defaultdict(list))
    stock: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By level and counter: what the order's movements add up to."""


def fill(shop: BenchShop, orders: int, skus: Sequence[str], progress: Progress) -> None:
    """Bring the shop to so many orders; the shop is open before and afterwards."""
    chance = random.Random(11)
    known = _known_ids(shop)
    ((start,),) = shop.sql("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    counter = "INSERT INTO order_counters (name, last) VALUES ('order', %s)"
    again = " ON CONFLICT (name) DO UPDATE SET last = excluded.last"
    shop.sql(counter + again, (_SAMPLE_NUMBER,))
    kinds = _kinds(min(orders, SAMPLES, max(len(_RECENT | _OLD), orders // 4)), chance)
    placed: dict[str, str] = {}
    with shop.owner() as owner:
        for kind in progress.track(kinds, description="sample orders"):
            placed[_sample_order(owner, kind, skus, chance, len(placed))] = kind
    shop.wait_until_settled()
    shop.end("worker", "web")
    samples = _read_samples(shop, placed, known, start)
    copies = orders - len(samples)
    if copies > 0:
        _copy(shop, samples, copies, chance, progress)
    shop.sql(counter + again, (FIRST_NUMBER + max(0, copies),))
    shop.open()


def _kinds(count: int, chance: random.Random) -> list[str]:
    """Choose what becomes of each sample: every kind at least once, when there are enough."""
    weights = Counter(_RECENT) + Counter(_OLD)
    kinds = list(weights)
    rest = chance.choices(kinds, list(weights.values()), k=max(0, count - len(kinds)))
    return (kinds + rest)[:count]


def _sample_order(
    owner: Owner, kind: str, skus: Sequence[str], chance: random.Random, place: int
) -> str:
    """Place an order over HTTP and do with it what its kind says; returns its id."""
    guest = {"X-Forwarded-For": f"10.254.{place // 250}.{place % 250 + 1}"}
    for sku in chance.sample(skus, min(len(skus), chance.choice((1, 1, 2, 2, 3, 4)))):
        item = {"sku": sku, "quantity": chance.choice((1, 1, 1, 2, 3))}
        cart = owner.sends("POST", "/cart/items", item, guest, is_guest=True)
        guest.setdefault("X-Cart-Token", cart.get("token"))
    address = {
        "name": _NAME,
        "line1": f"Marktplatz {place + 1}",
        "city": "Bremen",
        "postal_code": f"28{place % 1000:03}",
        "country": "DE",
    }
    form = {
        "email": f"{_MAILBOX}@bench.test",
        "shipping_address": address,
        "shipping_method": "standard",
        "payment_method": "manual",
    }
    named = {**guest, "Idempotency-Key": f"sample-order-{place}"}
    order = owner.sends("POST", "/checkout", form, named, is_guest=True)
    _carry_on(owner, kind, order, place)
    return str(order["id"])


def _carry_on(owner: Owner, kind: str, order: Mapping[str, Any], place: int) -> None:
    path = f"/admin/orders/{order['id']}"

    def command(path: str, body: Any = None) -> Any:
        key = {"Idempotency-Key": f"sample-{place}-{path.rpartition('/')[2]}"}
        return owner.sends("POST", path, body or {}, key)

    if kind == "cancelled":
        command(f"{path}/cancel", {"reason": "customer"})
    elif kind != "unpaid":
        command(f"{path}/mark-paid", {"reference": f"Transfer {place}"})
    first = [{"order_line_id": order["lines"][0]["id"], "quantity": 1}]
    if kind == "half":
        command(f"{path}/ship", {"carrier": "DHL", "lines": first})
    elif kind in ("shipped", "delivered", "refunded"):
        parcel = command(f"{path}/ship", {"carrier": "DHL"})
        if kind != "shipped":
            command(f"/admin/fulfilments/{parcel['id']}/deliver")
    if kind == "refunded":
        command(f"{path}/refunds", {"lines": first, "reason": "changed_mind"})


def _tables(shop: BenchShop) -> dict[str, list[str]]:
    """Return the columns of each table that can be written, by table."""
    rows = shop.sql(
        "SELECT c.relname, array_agg(a.attname ORDER BY a.attnum) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " AND a.attgenerated = '' WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        " GROUP BY c.relname"
    )
    return {name: columns for name, columns in rows if name not in _LEFT_OUT}


def _known_ids(shop: BenchShop) -> set[str]:
    """Return the ids of everything that is no part of an order: goods, levels, people, places."""
    keys = shop.sql(
        "SELECT DISTINCT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indisprimary AND a.atttypid = 'uuid'::regtype"
        " AND c.relnamespace = 'public'::regnamespace"
    )
    return {
        value
        for table, column in keys
        for (value,) in shop.sql(f'SELECT "{column}"::text FROM "{table}"')
    }


def _read_samples(
    shop: BenchShop, placed: Mapping[str, str], known: set[str], start: int
) -> list[_Sample]:
    """Gather the rows of each sample order: those that share new ids with it, over any table."""
    tables = _tables(shop)
    rows: list[tuple[str, Sequence[str | None], frozenset[str]]] = []
    for table, columns in sorted(tables.items()):
        listed = ", ".join(f'"{name}"::text' for name in columns)
        where = f"WHERE xmin::text::bigint >= {start}"
        for row in shop.sql(f'SELECT {listed} FROM "{table}" {where}'):
            mentioned = frozenset(_UUID.findall(" ".join(cell for cell in row if cell))) - known
            if mentioned:
                rows.append((table, row, mentioned))
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    for _, _, mentioned in rows:
        first, *others = mentioned
        for other in others:
            leader[find(other)] = find(first)
    together: dict[str, list[tuple[str, Sequence[str | None]]]] = defaultdict(list)
    for table, row, mentioned in rows:
        together[find(min(mentioned))].append((table, row))
    found = []
    for order_id, kind in placed.items():
        group = together[find(order_id)]
        if sum(table == "orders" for table, _ in group) != 1:
            raise Broken("two sample orders share a row, so that neither can be copied")
        found.append(_templates(kind, group, tables, known))
    return found


class _Copier:
    """Turns the rows of one sample order into templates."""

    def __init__(self, order: Mapping[str, Any], text: str, known: set[str]) -> None:
        new = sorted(set(_UUID.findall(text)) - known)
        self._ids = {name: f"%s{place:03x}%s" for place, name in enumerate(new)}
        hashes = sorted(set(_HASH.findall(text)))
        self._hashes = {name: f"{place:04x}%s" for place, name in enumerate(hashes)}
        first, last = _NAME.lower().split()
        self._words = {
            **{str(order["number"]): "number", _NAME: "name", _MAILBOX: "mailbox"},
            **{first: "first", last: "last"},  # the words that orders are found by
        }
        words = [re.escape(word) for word in (*self._ids, *self._hashes, *self._words)]
        self._pattern = re.compile("|".join([*words, _MINUTE.pattern]))
        self.minutes: list[datetime] = []
        assert len(new) < 4096, "three hexadecimal digits tell the ids of an order apart"

    def template(self, row: Sequence[str | None]) -> _Template:
        """Write a row as a line of COPY, with places for what differs from copy to copy."""
        picked: list[Any] = []

        def place(found: re.Match[str]) -> str:
            word = found[0]
            if word in self._ids:
                picked.extend(("front", "back"))
                return self._ids[word]
            if word in self._hashes:
                picked.append("hash")
                return self._hashes[word]
            if word in self._words:
                picked.append(self._words[word])
                return "%s"
            picked.append(self._minute(found[1]))
            return f"%s{found[2]}+00"

        cells = (escaped(cell).replace("%", "%%") for cell in row)
        line = "\t".join(self._pattern.sub(place, cell) for cell in cells)
        # Two more that are written nowhere: a getter of a single key returns no tuple.
        return _Template(f"{line}%.0s%.0s\n", itemgetter(*picked, "front", "front"))

    def _minute(self, text: str) -> int:
        minute = datetime.strptime(text, _MINUTE_FORMAT).replace(tzinfo=UTC)
        if minute not in self.minutes:
            self.minutes.append(minute)
        return self.minutes.index(minute)


def _templates(
    kind: str,
    group: Sequence[tuple[str, Sequence[str | None]]],
    tables: Mapping[str, Sequence[str]],
    known: set[str],
) -> _Sample:
    rows = [(table, dict(zip(tables[table], row, strict=True))) for table, row in group]
    order = next(row for table, row in rows if table == "orders")
    text = " ".join(cell for _, row in group for cell in row if cell)
    copier = _Copier(order, text, known)
    sample = _Sample(kind, datetime.fromisoformat(str(order["placed_at"])), copier.minutes)
    for table, row in rows:
        sample.templates[table].append(copier.template(list(row.values())))
        for column, value in row.items() if table == "stock_movements" else ():
            if column.endswith("_change") and value not in (None, "0"):
                counted = column.removesuffix("_change"), str(row["level_id"])
                sample.stock[counted] += int(value)
    return sample


def _copy(
    shop: BenchShop,
    samples: Sequence[_Sample],
    copies: int,
    chance: random.Random,
    progress: Progress,
) -> None:
    plan = _Plan(samples, copies, chance)
    tables = sorted({table for sample in samples for table in sample.templates})
    columns = _tables(shop)
    driver = shop.connect()
    try:
        driver.autocommit = False
        with fast_copying(driver, tables), driver.cursor() as cursor:
            for table in tables:
                named = ", ".join(f'"{name}"' for name in columns[table])
                lines = progress.track(
                    plan.lines(table), total=plan.rows(table), description=f"copying {table}"
                )
                cursor.copy_expert(f'COPY "{table}" ({named}) FROM STDIN', Lines(lines))
            plan.move_stock(cursor)
        driver.commit()
    finally:
        driver.close()


class _Plan:
    """Which sample each copy is of, when it was placed and by whom."""

    def __init__(self, samples: Sequence[_Sample], copies: int, chance: random.Random) -> None:
        self._samples = samples
        self._step = DAYS * 24 * 60 / copies
        by_kind: dict[str, list[int]] = defaultdict(list)
        for place, sample in enumerate(samples):
            by_kind[sample.kind].append(place)
        self._picks = bytearray(copies)
        recent_from = copies - round(_RECENT_DAYS * 24 * 60 / self._step)
        for weights, first, last in ((_OLD, 0, recent_from), (_RECENT, recent_from, copies)):
            there = [kind for kind in weights if kind in by_kind] or list(by_kind)
            kinds = chance.choices(
                there, [weights.get(kind, 1) for kind in there], k=max(0, last - max(0, first))
            )
            for number, kind in enumerate(kinds, max(0, first)):
                self._picks[number] = chance.choice(by_kind[kind])
        self._times = Counter(self._picks)
        self._newest = max(sample.placed_at for sample in samples)
        self._people = max(1, copies // 3)

    def rows(self, table: str) -> int:
        """Return how many rows a table gets."""
        return sum(
            times * len(self._samples[place].templates.get(table, ()))
            for place, times in self._times.items()
        )

    def lines(self, table: str) -> Iterator[str]:
        """Yield the rows of a table as lines of COPY, the oldest order first."""
        texts: dict[int, str] = {}
        newest = int(self._newest.timestamp() // 60) - 60
        copies = len(self._picks)
        ready = [
            (
                sample.templates.get(table, ()),
                [int(minute.timestamp() // 60) for minute in sample.minutes],
                int(sample.placed_at.timestamp() // 60),
                int(sample.placed_at.timestamp() * 1000) % 60_000,
            )
            for sample in self._samples
        ]
        values: dict[Any, str] = {}
        for number, pick in enumerate(self._picks):
            templates, minutes, placed, milliseconds = ready[pick]
            if not templates:
                continue
            at = newest - int((copies - number) * self._step)
            shift = at - placed
            name = f"{at * 60_000 + milliseconds:012x}"
            values["front"] = f"{name[:8]}-{name[8:]}-7"
            values["back"] = f"-8{number >> 48:03x}-{number & 0xFFFF_FFFF_FFFF:012x}"
            values["hash"] = f"{number:060x}"
            values["number"] = str(FIRST_NUMBER + number)
            person = number * 7_919 % self._people
            first, last = _person(person)
            values["name"] = f"{first} {last}"
            values["first"], values["last"] = first.lower(), last.lower()
            values["mailbox"] = f"{first}.{last}{person}".lower()
            for place, minute in enumerate(minutes):
                minute += shift
                text = texts.get(minute)
                if text is None:
                    then = datetime.fromtimestamp(minute * 60, UTC)
                    text = texts[minute] = then.strftime(_MINUTE_FORMAT)
                values[place] = text
            for template in templates:
                yield template.text % template.pick(values)

    def move_stock(self, cursor: Any) -> None:
        """Carry what the copied movements add up to into the levels."""
        sums: Counter[tuple[str, str]] = Counter()
        for place, times in self._times.items():
            for counted, change in self._samples[place].stock.items():
                sums[counted] += change * times
        cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'stock_levels'::regclass")
        counters = {name for (name,) in cursor.fetchall()}
        by_counter: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for (counter, level), change in sums.items():
            if counter not in counters:
                raise Broken(f"a movement changes {counter}, which stock levels do not have")
            by_counter[counter].append((level, change))
        # Goods leave the promise before they leave the shelf: a CHECK looks at both.
        for counter in sorted(by_counter):
            levels, changes = zip(*by_counter[counter], strict=True)
            cursor.execute(
                f'UPDATE stock_levels SET "{counter}" = "{counter}" + moved.change'
                " FROM unnest(%s::uuid[], %s::int[]) AS moved (level_id, change)"
                " WHERE stock_levels.id = moved.level_id",
                (list(levels), list(changes)),
            )


def _person(number: int) -> tuple[str, str]:
    """Name somebody: of eleven has one the same first name, of 528 one the same last name."""
    pieces = []
    for choice in (_BEGINNINGS, _MIDDLES, _ENDINGS, _JOINTS):
        number, place = divmod(number, len(choice))
        pieces.append(choice[place])
    first, middle, ending, joint = pieces
    return first, f"{middle}{joint}{ending}".title()
