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
_ENDINGS = ("er", "son", "ova", "mann", "ski", "ez", "dal", "sen")
_RECENT_DAYS = 6
"""Orders wait for money or parcels only when they are this young; the others are done with."""
_RECENT = {"unpaid": 3, "paid": 9, "half": 2, "shipped": 6}
_OLD = {"delivered": 20, "shipped": 4, "cancelled": 2, "refunded": 2}
_LEFT_OUT = {"idempotency_keys", "order_counters", "timetable", "refresh_tokens", "sign_ins"}
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
    templates: dict[str, list[_Template]] = field(default_factory=lambda: defaultdict(list))
    stock: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By level and counter: what the order's movements add up to."""
    minutes: list[datetime] = field(default_factory=list)


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
        found.append(_templates(shop, kind, group, tables, known))
    return found


def _templates(
    shop: BenchShop,
    kind: str,
    group: Sequence[tuple[str, Sequence[str | None]]],
    tables: Mapping[str, Sequence[str]],
    known: set[str],
) -> _Sample:
    order = next(
        dict(zip(tables[table], row, strict=True)) for table, row in group if table == "orders"
    )
    sample = _Sample(kind, datetime.fromisoformat(str(order["placed_at"])))
    text = " ".join(cell for _, row in group for cell in row if cell)
    names = {name: place for place, name in enumerate(sorted(set(_UUID.findall(text)) - known))}
    hashes = {name: place for place, name in enumerate(sorted(set(_HASH.findall(text))))}
    assert len(names) < 4096
    number = str(order["number"])
    pattern = re.compile(
        "|".join(
            [
                *(re.escape(each) for each in [*names, *hashes]),
                *(re.escape(number), re.escape(_NAME), re.escape(_MAILBOX), _MINUTE.pattern),
            ]
        )
    )

    def slot(found: re.Match[str], picked: list[Any]) -> str:
        word = found[0]
        if word in names:
            picked += ["front", "back"]
            return f"%s{names[word]:03x}%s"
        if word in hashes:
            picked += ["hash"]
            return f"{hashes[word]:04x}%s"
        if word == number:
            picked += ["number"]
            return "%s"
        if word in (_NAME, _MAILBOX):
            picked += ["name" if word == _NAME else "mailbox"]
            return "%s"
        minute = datetime.strptime(found[1], _MINUTE_FORMAT).replace(tzinfo=UTC)
        if minute not in sample.minutes:
            sample.minutes.append(minute)
        picked += [sample.minutes.index(minute)]
        return f"%s{found[2]}+00"

    for table, row in group:
        picked: list[Any] = []
        cells = (escaped(cell).replace("%", "%%") for cell in row)
        line = "\t".join(pattern.sub(lambda m, p=picked: slot(m, p), cell) for cell in cells)
        pick = (
            itemgetter(*picked) if len(picked) > 1 else (lambda v, p=picked: tuple(v[k] for k in p))
        )
        sample.templates[table].append(_Template(f"{line}\n", pick))
        if table == "stock_movements":
            moved = dict(zip(tables[table], row, strict=True))
            for column, value in moved.items():
                if column.endswith("_change") and value not in (None, "0"):
                    counted = column.removesuffix("_change"), str(moved["level_id"])
                    sample.stock[counted] += int(value or 0)
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
    first = _BEGINNINGS[number % len(_BEGINNINGS)]
    rest = number // len(_BEGINNINGS)
    middle, ending = _MIDDLES[rest % len(_MIDDLES)], _ENDINGS[rest // 11 % len(_ENDINGS)]
    return first, f"{middle}{ending}".title()
