"""The catalog: the list, one product beside it, and the way to a scanned code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from textual.widget import Widget

from console.client.catalog_models import ProductCard, ProductRow, VariantCard
from console.client.change_models import ChangeBatch
from console.client.errors import CallFailed, NotFound, SignedOut
from console.client.models import Page, StockLevel
from console.flows.catalog import events, filters
from console.flows.catalog.filters import ProductFilter
from console.flows.catalog.price_history import PriceHistory
from console.flows.catalog.reducer import CatalogState, Stage, chosen, step
from console.flows.catalog.results import Result
from console.flows.formatting import count, counted
from console.flows.paged_list import Fetch
from console.flows.transition import good, wrong
from console.messages import SignInNeeded
from console.scan.code_parsing import Kind as CodeKind
from console.scan.code_parsing import Scan
from console.scan.input_buffer import Prompt
from console.screens.bulk_fetch import levels_of
from console.screens.context import AppContext
from console.screens.list_screen import ListScreen
from console.screens.lru_cache import LruCache
from console.screens.workers import run_in_background
from console.widgets.hstack import HStack
from console.widgets.line_widget import CursorWidget
from console.widgets.product_view import PRODUCT_COLUMNS, Look, product_page, product_row
from console.widgets.table import WindowTable
from console.widgets.text_layout import Line
from console.widgets.view_tabs import ViewTabs

FIND = Prompt("find", "/", is_live=True)
CARDS_KEPT = 100
VARIANTS_WITH_STOCK = 20
"""Variants of one product whose stock is read for the pane at once."""


class ProductListScreen(ListScreen):
    """All products, by state and by search, and the variants of the one that the cursor is on."""

    WHAT = "The catalogue did not load"
    FOLLOWS = frozenset({"product"})
    HINT = "scan, or type a SKU or barcode"

    def __init__(self, context: AppContext) -> None:
        styles = context.styles
        self.state = CatalogState()
        table: WindowTable[ProductRow] = WindowTable(
            styles,
            PRODUCT_COLUMNS,
            product_row(
                styles,
                lambda product_id: self.state.choice.mark(product_id),
                lambda: self._currency,
            ),
            _product_id,
            empty=ProductFilter().nothing,
            id="products",
            is_one_way=True,
        )
        super().__init__(context, table)
        self.views = ViewTabs(styles, id="views")
        self.pane = CursorWidget(styles, id="product")
        self.work = CursorWidget(styles, id="work")
        self.filter = ProductFilter()
        self.at: int | None = None
        """The variant that the cursor is on; None while it is in the list."""

        self._reader = ""
        self._anchor = ""
        self._currency = ""
        self._cards: LruCache[ProductCard] = LruCache(CARDS_KEPT)
        self._levels: LruCache[Sequence[StockLevel]] = LruCache(CARDS_KEPT * VARIANTS_WITH_STOCK)
        self._stories: LruCache[PriceHistory] = LruCache(CARDS_KEPT)
        self._now: dict[str, str] = {}
        self._shown = ""

    def body(self) -> Iterable[Widget]:
        """The states, the products, one product beside them; a change takes the place of both."""
        return (self.views, HStack(self.table, self.pane), self.work)

    @property
    def currency(self) -> str:
        """The currency in which prices are shown and changed."""
        return self.filter.currency or self._currency

    async def page(self, fetch: Fetch) -> Page[ProductRow]:
        """Products as the filter takes them."""
        query = {**self.filter.as_query(), **self.as_list_query(fetch)}
        page = await self.context.shop.catalogue.page(query)
        self.state = step(self.state, events.RowShown(page.rows)).state
        priced = next((one.price for one in page.rows if one.price is not None), None)
        if not self._currency and priced is not None and not self.filter.currency:
            self._currency = priced.currency
        return page

    def follow(self, news: ChangeBatch) -> None:
        """What is chosen and what is reviewed stays; the list and the product follow."""
        if news.has(("product", "stock_level")):
            self._doubt()
            self.cursor_moves()
        if self.state.stage is Stage.CHOOSING:
            super().follow(news)

    def list_arrived(self) -> None:
        """The first page is here; a shop without prices tells its currency elsewhere."""
        self._doubt()
        if not self._currency:
            run_in_background(self, "currency", self._read_currency)
        self._draw()

    def cursor_rests(self) -> None:
        """Show the product beside the list, and the past of the variant that the cursor is on."""
        if self.has_class("-wide") or self.at is not None:
            run_in_background(self, "product", self._read_product)
        if self.at is not None:
            run_in_background(self, "story", self._read_story)

    async def take_code(self, scan: Scan) -> bool:
        """Go to the goods with this code; an order is opened as everywhere."""
        if scan.kind is CodeKind.ORDER:
            return False
        if self.state.stage in (Stage.GATHERING, Stage.REVIEW):
            self.say(wrong(f"{scan.code} was not looked up: send the change or leave it first"))
            return True
        try:
            answer = await self.context.look_up(scan.code)
            if answer is None or answer.variant is None:
                return False
            with self.context.interruptible():
                variant = await self.context.shop.catalogue.variant(answer.variant.id)
                await self._jump(variant, answer.variant.pack_quantity)
        except NotFound:
            self.say(wrong(f"{scan.code} is not in the catalogue any more"))
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
        except CallFailed as failure:
            self.say(wrong(f"{scan.code} was not looked up. {failure.detail}"))
        return True

    def on_window_table_cursor_moved(self, message: WindowTable.CursorMoved) -> None:
        """Another product."""
        message.stop()
        self._draw_views()
        self.cursor_moves()

    def on_window_table_row_chosen(self, message: WindowTable.RowChosen) -> None:
        """A second click goes into the product."""
        message.stop()
        run_in_background(self, "open", self.do_turn_right)

    def on_cursor_widget_chosen(self, message: CursorWidget.Chosen) -> None:
        """A click on a variant goes to it."""
        message.stop()
        card = self._card()
        ids = [one.id for one in card.variants] if card else []
        if self.state.stage is Stage.CHOOSING and message.item in ids:
            self._go_inside(ids.index(message.item))

    async def do_turn_left(self) -> None:
        """Out of the variants, or the answer before."""
        if self.state.question is not None:
            self._take(events.Turn(-1))
        elif self.at is not None:
            self._go_inside(None)

    async def do_turn_right(self) -> None:
        """Into the variants, or the next answer."""
        if self.state.question is not None:
            self._take(events.Turn(1))
        elif self.state.stage is Stage.CHOOSING and self.at is None:
            if self._card() is None:
                await self._read_product()
            if self._card() is not None:
                self._go_inside(0)

    async def do_find(self) -> None:
        """Search; how the last change went may be left for it."""
        if self.state.stage is Stage.RESULTS:
            self._take(events.Back())
        if self.state.stage is Stage.CHOOSING:
            self._go_inside(None)
            self.ask(FIND, self.filter.text)

    async def do_next_view(self) -> None:
        """The state to the right."""
        self._turn(1)

    async def do_last_view(self) -> None:
        """The state to the left."""
        self._turn(-1)

    # Inside

    def _line(self) -> ProductRow | None:
        line: ProductRow | None = self.table.current
        return line

    def _card(self) -> ProductCard | None:
        line = self._line()
        return self._cards.get(line.id) if line else None

    def _variant(self) -> VariantCard | None:
        card = self._card()
        if card is None or self.at is None or self.at >= len(card.variants):
            return None
        return card.variants[self.at]

    def _turn(self, by: int) -> None:
        if self.state.stage is Stage.CHOOSING:
            self._apply(self.filter.turned(by), self.filter.text)

    def _apply(self, wanted: ProductFilter, text: str) -> None:
        found = filters.find(wanted, text)
        self.say(found.feedback)
        if found.feedback is None:
            self.filter = found.state
            self._go_inside(None)
            self.search_now()

    async def _read_currency(self) -> None:
        overview = await self.asked(
            "The currency did not load", self.context.shop.auth.overview(), is_aside=True
        )
        if overview is not None:
            self._currency = overview.currency

    async def _read_product(self) -> None:
        """Read the product under the cursor, then where its variants stand."""
        line = self._line()
        if line is None:
            self._draw_pane()
            return
        self._draw_pane()
        if not self._cards.is_fresh(line.id):
            card = await self.asked(
                "The product did not load", self.context.shop.catalogue.product(line.id),
                is_aside=True,
            )  # fmt: skip
            if card is None:
                return
            self._cards.put(line.id, card)
            self._draw_pane()
        known = self._cards.get(line.id)
        if known is not None:
            run_in_background(self, "levels", self._read_levels, known)

    async def _read_levels(self, card: ProductCard) -> None:
        if not self.context.may("inventory:read"):
            return
        variants = self._with_stock(card)
        variants = [one for one in variants if not self._levels.is_fresh(one.id)]
        if not variants:
            return
        found = await self.asked(
            "The stock did not load", levels_of(self.context.shop, variants), is_aside=True
        )
        if found is not None:
            for one in variants:
                self._levels.put(one.id, found.get(one.id, ()))
            self._draw_pane()

    def _with_stock(self, card: ProductCard) -> Sequence[VariantCard]:
        """The first variants of a product, and the one that the cursor is on."""
        first, at = card.variants[:VARIANTS_WITH_STOCK], self.at
        beyond = at is not None and VARIANTS_WITH_STOCK <= at < len(card.variants)
        return (*first, card.variants[at]) if beyond and at is not None else first

    async def _read_story(self) -> None:
        """Read what the variant under the cursor cost and will cost."""
        variant, currency = self._variant(), self.currency
        if variant is None or not currency:
            return
        key = f"{variant.id} {currency}"
        if self._stories.is_fresh(key):
            return
        past = await self.asked(
            "The price history did not load",
            self.context.shop.catalogue.past_prices(variant.id, currency), is_aside=True,
        )  # fmt: skip
        planned = await self.asked(
            "The planned prices did not load",
            self.context.shop.catalogue.planned_prices(variant.id), is_aside=True,
        )  # fmt: skip
        if past is not None and planned is not None:
            self._stories.put(key, PriceHistory(variant.id, currency, past, planned))
            self._draw_pane()
            if self._variant() == variant:
                self.pane.reveal(variant.id)

    def _doubt(self) -> None:
        """What was read may be another by now: it stays in sight until it was read again."""
        for things in (self._cards, self._levels, self._stories):
            things.doubt()

    async def _jump(self, variant: VariantCard, units: int) -> None:
        """Put the cursor on a variant; the list is searched for it when it is not there.

        `units` is what one scan of its code means.
        """
        if self.state.stage is Stage.RESULTS:
            self._take(events.Back())
        self._go_inside(None)
        if not self.table.go_to(variant.product_id):
            self.filter = filters.find(ProductFilter(), variant.sku).state
            await self.start_list()
        if not self.table.go_to(variant.product_id):
            self.say(wrong(f"{variant.sku} was not found in the list: / searches by its name"))
            return
        await self._read_product()
        card = self._card()
        ids = [one.id for one in card.variants] if card else []
        if variant.id in ids:
            self._go_inside(ids.index(variant.id))
            self.call_after_refresh(self.pane.reveal, variant.id)
            what = f"{variant.sku} {card.title if card else ''}".strip()
            self.say(good(what if units == 1 else f"A case of {count(units)}: {what}"))

    def _go_inside(self, at: int | None) -> None:
        self.at = at
        self.set_class(at is not None, "-inside")
        self._draw()
        if at is not None:
            self.cursor_moves()

    def _draw_pane(self) -> None:
        line, styles = self._line(), self.context.styles
        if line is None:
            self.pane.show([])
            return
        card = self._cards.get(line.id)
        if card is None:
            self.pane.show(
                [Line(((f" {line.title}", styles.bright),)),
                 Line(((" reading …", styles.dim),))]
            )  # fmt: skip
            return
        width = self.pane.size.width or self.size.width
        variant = self._variant()
        look = Look(
            {one.id: levels for one in card.variants if (levels := self._levels.get(one.id))},
            self.state.choice, self.currency, datetime.now(UTC), self.at,
            self._stories.get(f"{variant.id} {self.currency}") if variant else None,
        )  # fmt: skip
        page = product_page(card, look, styles, width)
        self.pane.show(page, keep_place=card.id == self._shown)
        self._shown = card.id

    def _draw_views(self) -> None:
        self.table.empty = self.filter.nothing
        choice = self.state.choice
        box = "☒" if choice.picks else "☐"
        wide = self.size.width >= 100
        told = chosen(choice) if wide else f"{count(choice.products)} chosen"
        run = self.state.outcome
        if run is not None and self.state.is_under_way and wide:
            told += f"   ◔ {counted(run.count(Result.WAITING), 'row')} being sent, o shows them"
        elif wide and not self._may_change():
            told += "   read only"
        self.views.show(
            filters.STATUSES, self.filter.status, note=f"{box} {told}", position=self.table.position
        )

    def _may_change(self) -> bool:
        """Whether the operator's role changes anything of what is here."""
        raise NotImplementedError

    def _take(self, event: events.Event) -> None:
        """Apply one event to the state."""
        raise NotImplementedError

    def _draw(self) -> None:
        self.refresh_status_bar()
        self._draw_views()
        self._draw_pane()


def _product_id(line: ProductRow) -> str:
    return line.id
