"""What is told when the units that are asked for are not in the lots that may be taken.

The journal raises one error for all its callers; those that name lots or sell units say which of
the shop's errors it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from api.inventory.errors import LotShort, LotsNotSellable


class LotsMissing(RuntimeError):
    """Fewer units are in the lots that are asked for; `named` and `sold` tell callers of it."""

    def __init__(self, present: int, requested: int, *, sku: str | None = None,
                 lot: str | None = None) -> None:  # fmt: skip
        super().__init__(f"{present} of {requested} units are in lots that may be taken")
        self.present, self.requested, self.sku, self.lot = present, requested, sku, lot


@contextmanager
def named() -> Iterator[None]:
    """Raise `LotShort` when a lot that was named has fewer units than are taken from it."""
    try:
        yield
    except LotsMissing as missing:
        if missing.lot is None:
            raise
        raise LotShort(
            lot=missing.lot, present=missing.present, requested=missing.requested
        ) from missing


@contextmanager
def sold() -> Iterator[None]:
    """Raise `LotsNotSellable` when units would go out that are left only in lots not sold."""
    try:
        yield
    except LotsMissing as missing:
        if missing.sku is None:
            raise
        raise LotsNotSellable(
            sku=missing.sku, present=missing.present, requested=missing.requested
        ) from missing
