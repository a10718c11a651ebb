"""Which products and variants are meant: chosen rows stay chosen while others are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

from console.client.catalog_models import ProductRow

KEPT_STEPS = 20


class CachedProduct(NamedTuple):
    """What is kept of a product once it is out of sight: ten thousand of them cost little."""

    title: str
    variants: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Every product that was seen, and which of them are chosen."""

    known: Mapping[str, CachedProduct] = field(default_factory=dict)
    """As they were last seen, by id."""

    picks: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    """Chosen products; with some variants of theirs, or None for all of them."""

    before: tuple[Mapping[str, frozenset[str] | None], ...] = ()
    """What was chosen before each of the last steps, for taking them back."""

    @property
    def products(self) -> int:
        """How many products are chosen, in whole or in part."""
        return len(self.picks)

    @property
    def variants(self) -> int:
        """How many variants that comes to."""
        return sum(
            self.known[one].variants if some is None else len(some)
            for one, some in self.picks.items()
        )

    def mark(self, product_id: str) -> str:
        """`all`, `some` or nothing of a product is chosen."""
        if product_id not in self.picks:
            return ""
        return "all" if self.picks[product_id] is None else "some"

    def has(self, product_id: str, variant_id: str) -> bool:
        """Whether a variant is chosen, alone or with its product."""
        if product_id not in self.picks:
            return False
        some = self.picks[product_id]
        return some is None or variant_id in some

    def seen(self, lines: Iterable[ProductRow]) -> Selection:
        """Rows came: what is chosen is kept as it is now."""
        fresh = {line.id: CachedProduct(line.title, line.variant_count) for line in lines}
        return replace(self, known=MappingProxyType({**self.known, **fresh}))

    def turned(self, product_id: str) -> Selection:
        """A product is chosen whole, or no longer."""
        if product_id not in self.known:
            return self
        picks = dict(self.picks)
        if picks.pop(product_id, frozenset()) is not None:
            picks[product_id] = None
        return self._with(picks)

    def turned_variant(self, product_id: str, variant_id: str, of: frozenset[str]) -> Selection:
        """One variant of a product is chosen, or no longer; `of` are all that the product has."""
        if product_id not in self.known or variant_id not in of:
            return self
        some = self.picks.get(product_id, frozenset())
        chosen = (of if some is None else some & of) ^ {variant_id}
        picks = dict(self.picks)
        picks.pop(product_id, None)
        if chosen:
            picks[product_id] = None if chosen == of else chosen
        return self._with(picks)

    def added(self, product_ids: Iterable[str]) -> Selection:
        """These products are chosen whole, beside those that are."""
        fresh = {one: None for one in product_ids if one in self.known}
        return self._with({**self.picks, **fresh})

    def cleared(self) -> Selection:
        """Nothing is chosen."""
        return self._with({})

    def undone(self) -> Selection:
        """What was chosen a step ago."""
        if not self.before:
            return self
        return replace(self, picks=self.before[-1], before=self.before[:-1])

    def settled(self) -> Selection:
        """The chosen goods were changed: the way here is history."""
        return replace(self, before=())

    def _with(self, picks: Mapping[str, frozenset[str] | None]) -> Selection:
        if picks == self.picks:
            return self
        steps = (*self.before, self.picks)[-KEPT_STEPS:]
        return replace(self, picks=MappingProxyType(dict(picks)), before=steps)
