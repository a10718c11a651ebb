"""What a list shows: the views, and what is typed after `/`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from console.client.note_models import SavedView
from console.flows.transition import Transition, wrong


class View(NamedTuple):
    """A named selection of orders."""

    name: str
    label: str
    query: Mapping[str, str]
    oldest_first: bool = False


VIEWS = (
    View("to_ship", "to ship", {"queue": "to_ship"}, oldest_first=True),
    View("all", "all", {}),
    View("unpaid", "unpaid", {"payment_status": "unpaid"}),
    View("part", "partly", {"fulfilment_status": "partially_shipped"}),
    View("shipped", "shipped", {"fulfilment_status": "shipped"}),
    View("on_hold", "on hold", {"queue": "on_hold"}, oldest_first=True),
    View("cancelled", "cancelled", {"status": "cancelled"}),
)

WORDS = {
    "is": ("status", ("placed", "completed", "cancelled")),
    "paid": (
        "payment_status",
        ("unpaid", "pending", "authorized", "partially_paid", "paid", "partially_refunded",
         "refunded", "charged_back", "overpaid", "voided"),
    ),
    "ship": (
        "fulfilment_status",
        ("unfulfilled", "partially_shipped", "shipped", "partially_delivered", "delivered",
         "cancelled"),
    ),
    "hold": (
        "hold_reason",
        ("payment", "risk", "address", "stock", "customer_request", "other", "dispute",
         "fraud_warning", "foreign_refund"),
    ),
}  # fmt: skip
"""Filter words: the query they become, and the values they take (a beginning is enough)."""


FREE_WORDS = {
    "tag": ("tag", "a tag"),
    "ref": ("reference", "a system and its number, such as ref:datev:4711"),
    "meta": ("metadata", "a key and its value, such as meta:cost_center:42"),
}
"""Filter words with a value of their own."""

FILTERS = "is: paid: ship: hold: tag: ref: meta: since: until:"

SEARCHED = "number, name, company, e-mail, phone, tracking number, postcode and SKU"
"""What of an order the shop searches."""


class OrderFilter(NamedTuple):
    """Which orders, in which order."""

    view: View = VIEWS[0]
    text: str = ""
    """As the operator typed it."""

    query: tuple[tuple[str, str], ...] = ()
    """What the text came to."""

    oldest_first: bool = True
    is_everywhere: bool = False
    """Whether all orders are searched, as typing does, and not only those of the view."""

    views: tuple[View, ...] = VIEWS
    """Those of the console, then those that the operator saved."""

    def as_query(self, *, from_the_end: bool = False) -> dict[str, str]:
        """The shop's query. From the end means the same list read backwards."""
        rising = self.oldest_first != from_the_end
        return {
            **({} if self.is_everywhere else self.view.query),
            **dict(self.query),
            "sort": "placed_at" if rising else "-placed_at",
        }

    @property
    def shown(self) -> str:
        """The name of what is searched."""
        return VIEWS[1].label if self.is_everywhere else self.view.label

    @property
    def words(self) -> str:
        """The filter as a crumb of the title."""
        return " ".join(part for part in (self.shown, self.text and f"/{self.text}") if part)

    @property
    def nothing(self) -> str:
        """What an empty list says: what was searched, where, and what to do next."""
        if self.text:
            where = "" if self.shown == "all" else ", or a to search all orders"
            return (
                f"No order in '{self.shown}' fits {self.text}. Searched: {SEARCHED}."
                f" Esc clears the search{where}."
            )
        return f"No order is in '{self.view.label}'. ⇥ shows another view."


class Show(NamedTuple):
    """Another view; the typed text stays, and is searched for in that view alone."""

    name: str


class NextView(NamedTuple):
    """The view beside this one."""

    by: int


class Find(NamedTuple):
    """What was typed after `/`."""

    text: str


class KeepViews(NamedTuple):
    """The views that the operator saved, as the shop told them."""

    saved: tuple[SavedView, ...]


class TurnSort(NamedTuple):
    """Oldest first, or newest first."""


FilterStep = Transition[OrderFilter, None]


def step(state: OrderFilter, event: Show | NextView | Find | TurnSort | KeepViews) -> FilterStep:
    """Take one event; a filter that makes no sense leaves the list as it was."""
    match event:
        case Show(name):
            view = next(one for one in state.views if one.name == name)
            return Transition(_turned_to(state, view))
        case NextView(by):
            at = 1 if state.is_everywhere else state.views.index(state.view)
            return Transition(_turned_to(state, state.views[(at + by) % len(state.views)]))
        case KeepViews(saved):
            views = (*VIEWS, *map(_as_view, saved))
            is_there = any(one.name == state.view.name for one in views)
            return Transition(
                state._replace(views=views, view=state.view if is_there else VIEWS[0])
            )
        case TurnSort():
            return Transition(state._replace(oldest_first=not state.oldest_first))
        case Find(text):
            return _find(state, text)


def _as_view(saved: SavedView) -> View:
    return View(f"saved:{saved.id}", saved.name, saved.filters, "queue" in saved.filters)


def _find(state: OrderFilter, text: str) -> FilterStep:
    query: dict[str, str] = {}
    free: list[str] = []
    for word in text.split():
        name, colon, value = word.partition(":")
        if not colon:
            free.append(word)
        elif name in WORDS:
            wire, values = WORDS[name]
            meant = [one for one in values if one.startswith(value.lower())] if value else []
            # Exact before beginning: `paid` is also how nothing else starts, `part` is not.
            chosen = value if value in meant else (meant[0] if meant else "")
            if not chosen:
                return Transition(state, feedback=wrong(f"{name}: takes {', '.join(values)}"))
            query[wire] = chosen
        elif name in FREE_WORDS:
            if not value:
                return Transition(state, feedback=wrong(f"{name}: takes {FREE_WORDS[name][1]}"))
            query[FREE_WORDS[name][0]] = value
        elif name in {"since", "until"}:
            moment = _day(value)
            if moment is None:
                return Transition(state, feedback=wrong(f"{name}: takes today, 7d or 2026-11-20"))
            query["placed_at_gte" if name == "since" else "placed_at_lt"] = moment
        else:
            return Transition(state, feedback=wrong(f"{name}: is no filter; {FILTERS}"))
    if free:
        query["q"] = " ".join(free)
    typed = text.strip()
    if bool(typed) != bool(state.text):
        # The first letter searches all orders, the last one gone shows the view again.
        everywhere = bool(typed)
        first = not everywhere and state.view.oldest_first
        state = state._replace(is_everywhere=everywhere, oldest_first=first)
    return Transition(state._replace(text=typed, query=tuple(sorted(query.items()))))


def _turned_to(state: OrderFilter, view: View) -> OrderFilter:
    return state._replace(view=view, oldest_first=view.oldest_first, is_everywhere=False)


def _day(value: str) -> str | None:
    """The beginning of a day here, as the wire writes it."""
    today = datetime.now(UTC).astimezone().date()
    if value == "today":
        wanted = today
    elif value.endswith("d") and value[:-1].isdigit() and len(value) <= 5:
        wanted = today - timedelta(days=int(value[:-1]))
    else:
        try:
            wanted = date.fromisoformat(value)
        except ValueError:
            return None
    start = datetime(wanted.year, wanted.month, wanted.day).astimezone()
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class StockFilter(NamedTuple):
    """Which stock levels."""

    text: str = ""
    only_low: bool = False

    def as_query(self) -> dict[str, str]:
        """The shop's query."""
        return {
            **({"q": self.text} if self.text else {}),
            **({"low": "true"} if self.only_low else {}),
        }

    @property
    def nothing(self) -> str:
        """What an empty list says: what was searched, where, and what to do next."""
        where = "below its threshold" if self.only_low else "in any location"
        if self.text:
            return (
                f"No stock {where} fits {self.text}. Searched: words of the product, SKU and"
                " barcode. Esc clears the search."
            )
        return f"No stock is {where}."

    @property
    def words(self) -> str:
        """The filter as a crumb of the title."""
        parts = ("low" if self.only_low else "all", self.text and f"/{self.text}")
        return " ".join(part for part in parts if part)
