"""Returns as their customers see them: without what staff noted, and who they are."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from api.returns.errors import ReturnNotFound
from api.returns.queries import cases

_HIDDEN: Final = frozenset(
    {
        *("created_by", "advice", "commands", "version"),
        *("customer_name", "units", "received_units"),
    }
)
_DISPOSITION: Final = ("at", "disposition", "quantity")
_REFUND: Final = ("id", "status", "amount", "shipping", "fee", "bonus", "created_at")


def return_of_order(order_id: UUID, return_id: UUID) -> dict[str, object]:
    """Return a return as its customer sees it. Raises `ReturnNotFound`, also for another order."""
    if cases.order_of(return_id) != order_id:
        raise ReturnNotFound(return_id=return_id)
    full = cases.a_return(return_id)
    return {
        **_without(full, _HIDDEN),
        "lines": [_line(line) for line in full["lines"]],
        "refunds": [_only(refund, _REFUND) for refund in full["refunds"]],
    }


def _line(line: Mapping[str, Any]) -> dict[str, object]:
    done = [_only(one, _DISPOSITION) for one in line["dispositions"]]
    return {**_without(line, {"has_lots"}), "dispositions": done}


def _only(values: Mapping[str, Any], names: Collection[str]) -> dict[str, object]:
    return {name: values[name] for name in names}


def _without(values: Mapping[str, Any], names: Collection[str]) -> dict[str, object]:
    return {name: value for name, value in values.items() if name not in names}
