"""Which products the list shows: the status, and what is typed after `/`."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from console.flows.transition import Transition, wrong

STATUSES = ("all", "active", "draft", "archived")
WORDS = ("vendor", "type", "tag", "category", "collection", "sort", "in")
SORTS = ("newest", "name")
CURRENCY = re.compile(r"[A-Z]{3}")
WIRE = {"type": "product_type", "in": "currency"}
"""How the shop calls a filter word, where it calls it otherwise."""


class ProductFilter(NamedTuple):
    """Which products, and in which currency their prices are told."""

    status: str = STATUSES[0]
    text: str = ""
    query: tuple[tuple[str, str], ...] = ()

    def as_query(self) -> dict[str, str]:
        """The shop's query."""
        status = {} if self.status == "all" else {"status": self.status}
        return {**status, **dict(self.query)}

    @property
    def currency(self) -> str:
        """The currency that was asked for; empty for the shop's own."""
        return dict(self.query).get("currency", "")

    @property
    def words(self) -> str:
        """The filter as a crumb of the title."""
        return " ".join(part for part in (self.status, self.text and f"/{self.text}") if part)

    @property
    def nothing(self) -> str:
        """What an empty list says: what was searched, where, and what to do next."""
        where = "in any state" if self.status == "all" else f"that is {self.status}"
        if self.text:
            return (
                f"No product {where} fits {self.text}. Searched: words of title, maker, type, tags,"
                " options and description, SKU and barcode. Esc clears the search, ⇥ shows another"
                " state."
            )
        return f"There is no product {where}."

    def turned(self, by: int) -> ProductFilter:
        """The status beside this one."""
        return self._replace(status=STATUSES[(STATUSES.index(self.status) + by) % len(STATUSES)])


def find(state: ProductFilter, text: str) -> Transition[ProductFilter, None]:
    """Take what was typed; a filter that makes no sense leaves the list as it was."""
    try:
        typed = shlex.split(text) if '"' in text else text.split()
    except ValueError:
        return Transition(state, feedback=wrong('A " is still open'))
    query: dict[str, str] = {}
    free: list[str] = []
    for word in typed:
        name, colon, value = word.partition(":")
        if not colon or name not in WORDS:
            free.append(word)
            continue
        if name == "in":
            value = value.upper()
        if name == "in" and not CURRENCY.fullmatch(value):
            return Transition(state, feedback=wrong("in: takes a currency, as in in:USD"))
        if name == "sort" and value not in SORTS:
            return Transition(state, feedback=wrong("sort: takes newest or name"))
        if not value:
            return Transition(state, feedback=wrong(f"{name}: takes a word behind it"))
        query[WIRE.get(name, name)] = value
    if free:
        query["q"] = " ".join(free)
    return Transition(state._replace(text=text.strip(), query=tuple(sorted(query.items()))))
