"""A product as a row of the catalogue and as a page, with all that is known of one variant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from console.client.catalog_models import (
    Price,
    ProductCard,
    ProductRow,
    ScheduledPrice,
    VariantCard,
)
from console.client.models import StockLevel
from console.flows.catalog.price_history import PriceHistory
from console.flows.catalog.selection import Selection
from console.flows.formatting import Mark, Sense, count, day, figure, listed, money, units
from console.flows.transition import Tone
from console.theme import Styles
from console.widgets.sparklines import course
from console.widgets.text_layout import Column, Line, Part, cells, width_of, wrapped

PRODUCT_COLUMNS = (
    Column("", 1),
    Column("Product", 16, grow=3),
    Column("State", 10),
    Column("Price", 13, right=True),
    Column("Var.", 4, right=True, from_width=60),
    Column("Stock", 5),
    Column("Vendor", 10, grow=1, from_width=96),
    Column("Published", 12, from_width=110),
)


@cache
def variant_columns(currency: str, *, are_titled: bool, are_reduced: bool) -> tuple[Column, ...]:
    """The columns of a product's variants: those that would be empty leave their room to others."""
    columns = (
        Column("", 1),
        Column("SKU", 10, grow=2),
        Column("Variant", 8, grow=3) if are_titled else None,
        Column(f"Price {currency}".strip(), 9, right=True),
        Column("Was", 8, right=True) if are_reduced else None,
        Column("Free", 5, right=True),
        Column("Low", 3, right=True),
    )
    return tuple(one for one in columns if one is not None)


STATES = {
    "active": Mark("●", "active", Sense.GOOD),
    "draft": Mark("○", "draft", Sense.DUE),
    "archived": Mark("–", "archived", Sense.OFF),
}
BOXES = {"all": "☒", "some": "◪", "": "☐"}
FROM_FITS = 6
"""Digits of a price before which the list has room for a whole `from`."""

TITLE_FITS = 8
"""Cells of a variant's title that its column has room for in any case."""

LABEL = 17
"""Cells before what is told of a variant, the name of the figure among them."""

Levels = Mapping[str, Sequence[StockLevel]]


def state_of(status: str) -> Mark:
    """How a product's state looks."""
    return STATES.get(status, Mark("·", status, Sense.QUIET))


def product_row(
    styles: Styles, mark: Callable[[str], str], home: Callable[[], str]
) -> Callable[[ProductRow], Sequence[Part]]:
    """Draw a row; `mark` says how much of a product is chosen, `home` the shop's currency."""

    def draw(line: ProductRow) -> Sequence[Part]:
        chosen = mark(line.id)
        state = state_of(line.status)
        price = listed(line.price, home()) if line.price else "no price"
        planned = not line.published_at and line.publish_at
        moment = line.publish_at if planned else line.published_at
        return (
            (BOXES[chosen], styles.accent if chosen else styles.dim),
            (line.title, styles.bright),
            (f"{state.glyph} {state.word}", styles.senses[state.sense]),
            (_from(price) if line.price and line.price_varies else price, styles.ink),
            (str(line.variant_count), styles.dim),
            _in_stock(line.in_stock, styles),
            (line.vendor, styles.dim),
            (f"{'→ ' if planned else ''}{day(moment)}" if moment else "", styles.dim),
        )

    return draw


def _in_stock(there: bool, styles: Styles) -> Part:
    sense = Sense.GOOD if there else Sense.BAD
    return ("✔ in" if there else "✖ out", styles.senses[sense])


def _from(price: str) -> str:
    return f"from {price}" if len(price) <= FROM_FITS else f"{price} +"


class Look(NamedTuple):
    """What is shown of a product beside what it says of itself."""

    levels: Levels
    choice: Selection
    currency: str
    now: datetime
    cursor: int | None = None
    """The variant that the operator is on, if any."""

    story: PriceHistory | None = None
    """Its prices, once they were read."""


def product_page(card: ProductCard, look: Look, styles: Styles, width: int) -> list[Line]:
    """A product with its variants, and with all that is known of the one that the cursor is on."""
    state = state_of(card.status)
    marked: Part = (f"{state.glyph} {state.word} ", styles.senses[state.sense])
    lines = [
        Line(((f" {words}", styles.bright),), () if n else (marked,))
        for n, words in enumerate(wrapped(card.title, width - len(marked[0]) - 3))
    ]
    about = " · ".join(part for part in (card.vendor, card.product_type) if part)
    if about:
        lines.append(Line(((f" {about}", styles.dim),)))
    lines += _dates(card, styles)
    lines += _listed("tags", ", ".join(card.tags), styles, width)
    lines += _listed("pictures", _pictures(card), styles, width)
    for warning in card.warnings:
        for n, words in enumerate(wrapped(warning.detail, width - 5)):
            glyph = "⚠" if n == 0 else " "
            lines.append(Line(((f" {glyph} {words}", styles.tones[Tone.NOTE]),)))
    lines.append(Line())
    prices = [variant.price_in(look.currency) for variant in card.variants]
    columns = variant_columns(
        look.currency,
        are_titled=any(variant.title for variant in card.variants),
        are_reduced=any(price is not None and price.compare_at for price in prices),
    )
    titles = [(column.title, styles.heading) for column in columns]
    lines.append(Line(cells(columns, width - 1, titles, lead=("   ", styles.ink))))
    for at, variant in enumerate(card.variants):
        here = at == look.cursor
        values = _variant(variant, look, look.choice.has(card.id, variant.id), styles)
        shown = [values[column.title.split()[0] if column.title else ""] for column in columns]
        lead: Part = (" ▶ " if here else "   ", styles.accent)
        row = cells(columns, width - 1, shown, lead=lead)
        lines.append(Line(row, ground=styles.cursor if here else None, item=variant.id))
        if here:
            lines += _about_variant(variant, look, styles, width)
    return lines


def _dates(card: ProductCard, styles: Styles) -> list[Line]:
    if card.published_at is not None:
        return [Line(((" published ", styles.dim), (day(card.published_at), styles.ink)))]
    if card.publish_at is not None:
        words = f" is published automatically {day(card.publish_at)}"
        return [Line(((words, styles.tones[Tone.NOTE]),))]
    return [Line(((" never published", styles.dim),))]


def _pictures(card: ProductCard) -> str:
    """What each picture says to those who do not see it."""
    return " · ".join(one.alt or "(no words)" for one in card.images)


def _listed(label: str, words: str, styles: Styles, width: int) -> list[Line]:
    if not words:
        return []
    return [
        Line(((f" {'' if n else label:<9} ", styles.dim), (row, styles.ink)))
        for n, row in enumerate(wrapped(words, width - 12))
    ]


def _variant(variant: VariantCard, look: Look, chosen: bool, styles: Styles) -> dict[str, Part]:
    """A variant's values by the first word of their column."""
    price = variant.price_in(look.currency)
    was = price.compare_at if price else None
    levels = look.levels.get(variant.id)
    free = sum(one.available for one in levels) if levels else None
    low = sorted({n for one in levels or () if (n := one.low_stock_threshold) is not None})
    is_low = any(one.is_low for one in levels or ())
    return {
        "": (BOXES["all" if chosen else ""], styles.accent if chosen else styles.dim),
        "SKU": (variant.sku, styles.bright),
        "Variant": (variant.title, styles.ink),
        "Price": (figure(price.price), styles.bright) if price else ("no price", styles.dim),
        "Was": (figure(was), styles.senses[Sense.PART]) if was else ("·", styles.dim),
        "Free": ("·" if free is None else count(free), styles.senses[_sense(free, is_low)]),
        "Low": ("/".join(map(str, low)) or "·", styles.dim),
    }


def _sense(free: int | None, is_low: bool) -> Sense:
    if free is None:
        return Sense.QUIET
    if free <= 0:
        return Sense.BAD
    return Sense.PART if is_low else Sense.GOOD


def _about_variant(variant: VariantCard, look: Look, styles: Styles, width: int) -> list[Line]:
    """All that is known of one variant, each figure with its name before it."""
    told: list[tuple[str, str]] = []
    if width_of(variant.title) > TITLE_FITS:
        told.append(("variant", variant.title))
    told += _codes(variant)
    if look.story is not None and look.story.variant_id == variant.id:
        told += _prices_of(look.story, variant.price_in(look.currency), look.now)
    told += [("also", _told(one)) for one in variant.prices if one.price.currency != look.currency]
    for level in look.levels.get(variant.id) or ():
        least = level.low_stock_threshold
        watched = f"low at {least}" if least is not None else "not watched"
        told.append((level.location.code, f"{units(level.available)} free, {watched}"))
    lines = []
    for label, words in told:
        for n, row in enumerate(wrapped(words, width - LABEL - 1)):
            name = f"       {'' if n else label}"
            lines.append(Line(((f"{name:<{LABEL}}", styles.dim), (row, styles.ink))))
    return lines


def _codes(variant: VariantCard) -> list[tuple[str, str]]:
    if not variant.barcodes:
        return [("barcode", "none")]
    return [
        ("barcode" if one.pack_quantity == 1 else "case",
         one.code if one.pack_quantity == 1 else f"{one.code}, {one.pack_quantity} units")
        for one in variant.barcodes
    ]  # fmt: skip


def _prices_of(story: PriceHistory, price: Price | None, now: datetime) -> list[tuple[str, str]]:
    told = []
    span = story.span(now)
    if span is not None:
        low, high = span
        reach = money(low) if low == high else f"{figure(low)} to {money(high)}"
        told.append(("90 days", f"{course(story.course(now))}  {reach}"))
    since = story.since()
    if since is not None:
        told.append(("since", day(since)))
    if price is not None and price.prior_price is not None:
        begun = f" {day(price.reduced_since)}" if price.reduced_since else ""
        told.append(("lowest", f"{money(price.prior_price)} in 30 days before{begun}"))
    told += [_planned(one) for one in story.coming]
    return told


def _planned(one: ScheduledPrice) -> tuple[str, str]:
    """A price that ends by itself, or one that comes by itself."""
    price = _told(Price(one.price, one.compare_at))
    if one.state == "running":
        if one.ends_at is None:
            return ("planned", f"{price} came {day(one.starts_at)} and stays")
        after = f", then {money(one.replaced_price)}" if one.replaced_price else ""
        return ("ends", f"{day(one.ends_at)}{after}")
    until = f" until {day(one.ends_at)}" if one.ends_at else ""
    return ("comes", f"{price}, from {day(one.starts_at)}{until}")


def _told(price: Price) -> str:
    was = f", was {money(price.compare_at)}" if price.compare_at else ""
    return f"{money(price.price)}{was}"
