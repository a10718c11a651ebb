"""What an edit would make of each chosen row, and which rows it leaves alone and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from console.client.bulk_changes import BulkChangeRow
from console.client.catalog_models import Price, ProductWithVariants, VariantCard
from console.client.models import StockLevel
from console.flows.catalog.edit_parsing import CannotPrice, Edit, Kind, priced
from console.flows.formatting import money

FROM = {"publish": ("draft",), "archive": ("draft", "active"), "unarchive": ("archived",)}
TO = {"publish": "active", "archive": "archived", "unarchive": "draft"}
"""Where each command leads, and from where."""


@dataclass(frozen=True, slots=True)
class SelectedProduct:
    """One chosen product as it was just read, with the chosen ones of its variants."""

    id: str
    version: int
    title: str
    status: str
    variants: tuple[VariantCard, ...] = ()
    levels: Mapping[str, tuple[StockLevel, ...]] = field(default_factory=dict)
    """Where each variant stands, by its id; read only for what needs it."""

    problem: str = ""
    """Why it could not be read; then nothing of it is changed."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that the edit leaves alone."""

    name: str
    why: str


class PriceChange(NamedTuple):
    """What a variant costs, and what it would cost."""

    old: Price | None
    new: Price

    @property
    def falls_far(self) -> bool:
        """Whether less than half is left: a digit or a point may be wrong."""
        return self.old is not None and self.new.price.amount * 2 < self.old.price.amount

    @property
    def rises_far(self) -> bool:
        """Whether it more than doubles."""
        return self.old is not None and 0 < self.old.price.amount * 2 < self.new.price.amount

    @property
    def is_odd(self) -> bool:
        """Whether a person should look twice."""
        return self.falls_far or self.rises_far


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edit comes to."""

    edit: Edit
    rows: tuple[BulkChangeRow, ...]
    skipped: tuple[Skipped, ...]
    repricings: Mapping[str, PriceChange] = field(default_factory=dict)
    """By the ids of the rows; only for what is about prices."""

    @property
    def odd(self) -> tuple[int, int]:
        """How many prices fall by more than half, and how many more than double."""
        mine = [self.repricings[row.id] for row in self.rows if row.id in self.repricings]
        return sum(one.falls_far for one in mine), sum(one.rises_far for one in mine)

    @property
    def products(self) -> int:
        """How many products it touches."""
        return len({row.product_id for row in self.rows})


def goods_of(product: ProductWithVariants, chosen: frozenset[str] | None) -> SelectedProduct:
    """A product with those of its variants that are chosen."""
    variants = tuple(one for one in product.variants if chosen is None or one.id in chosen)
    return SelectedProduct(product.id, product.version, product.title, product.status, variants)


def plan(edit: Edit, goods: Sequence[SelectedProduct]) -> Plan:
    """Work out every row. Changes nothing."""
    rows: list[BulkChangeRow] = []
    skipped: list[Skipped] = []
    repricings: dict[str, PriceChange] = {}
    for one in goods:
        if one.problem:
            skipped.append(Skipped(one.title, one.problem))
            continue
        for found in _rows(edit, one, repricings):
            if isinstance(found, BulkChangeRow):
                rows.append(found)
            else:
                skipped.append(found)
    return Plan(edit, tuple(rows), tuple(skipped), repricings)


def _rows(
    edit: Edit, goods: SelectedProduct, repricings: dict[str, PriceChange]
) -> Iterator[BulkChangeRow | Skipped]:
    if edit.kind is Kind.STATUS:
        yield _moved(edit, goods)
        return
    if not goods.variants:
        yield Skipped(goods.title, "has none of the chosen variants any more")
    for variant in goods.variants:
        if edit.kind is Kind.LOW:
            yield from _watched(edit, goods, variant)
        else:
            yield _repriced(edit, goods, variant, repricings)


def _moved(edit: Edit, goods: SelectedProduct) -> BulkChangeRow | Skipped:
    after = TO[edit.how]
    if goods.status not in FROM[edit.how]:
        why = f"is {goods.status} already" if goods.status == after else _why_not(goods, edit)
        return Skipped(goods.title, why)
    return BulkChangeRow(
        goods.id, goods.version, {"command": edit.how}, goods.id, goods.title, goods.status, after
    )


def _why_not(goods: SelectedProduct, edit: Edit) -> str:
    if goods.status == "archived":
        return "is archived: n makes it a draft first"
    return f"is {goods.status}, so it cannot be {edit.how}d"


def _repriced(
    edit: Edit, goods: SelectedProduct, variant: VariantCard, repricings: dict[str, PriceChange]
) -> BulkChangeRow | Skipped:
    name = named(goods.title, variant)
    old = variant.price_in(edit.currency)
    try:
        new = priced(edit, old)
    except CannotPrice as refusal:
        return Skipped(name, str(refusal))
    repricings[variant.id] = PriceChange(old, new)
    return BulkChangeRow(
        variant.id,
        variant.version,
        {"price_updates": [new.as_wire()]},
        goods.id,
        name,
        price_text(old),
        price_text(new),
        # All prices: so one that was not there before goes away again.
        {"prices": [one.as_wire() for one in variant.prices]},
    )


def _watched(
    edit: Edit, goods: SelectedProduct, variant: VariantCard
) -> Iterator[BulkChangeRow | Skipped]:
    levels = goods.levels.get(variant.id, ())
    name = named(goods.title, variant)
    if not levels:
        yield Skipped(name, "stands nowhere: it has no stock level")
    wanted = None if edit.how == "off" else edit.figure
    for level in levels:
        where = f"{level.location.code} {name}"
        if level.low_stock_threshold == wanted:
            yield Skipped(where, "is like that already")
            continue
        yield BulkChangeRow(
            level.id,
            level.version,
            {"low_stock_threshold": wanted},
            goods.id,
            where,
            threshold_text(level.low_stock_threshold),
            threshold_text(wanted),
            {"low_stock_threshold": level.low_stock_threshold},
        )


def named(title: str, variant: VariantCard) -> str:
    """A variant as an operator says it, its SKU first."""
    return f"{variant.sku} {title}" + (f" · {variant.title}" if variant.title else "")


def price_text(price: Price | None) -> str:
    """`19.90 €`, and what it was compared with: `19.90 € (was 24.90 €)`."""
    if price is None:
        return "no price"
    was = f" (was {money(price.compare_at)})" if price.compare_at else ""
    return f"{money(price.price)}{was}"


def threshold_text(units: int | None) -> str:
    """`low at 5`, or that nobody watches."""
    return "not watched" if units is None else f"low at {units}"
