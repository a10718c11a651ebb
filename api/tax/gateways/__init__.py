"""The interface to whoever checks VAT ids."""

from dataclasses import dataclass
from typing import Protocol

from api.tax.vat_ids import VatId


class VatCheckUnavailable(Exception):
    """No answer about a VAT id; an order is then taken and flagged."""


@dataclass(frozen=True, slots=True)
class VatAnswer:
    """What is known of a VAT id; `consultation` is the number that proves the answer."""

    is_valid: bool
    name: str | None = None
    consultation: str | None = None


class VatIdChecker(Protocol):
    """Checks VAT ids of the EU. Never called inside a transaction."""

    def check(self, vat_id: VatId) -> VatAnswer:
        """Return what the member state says. Raises `VatCheckUnavailable`."""
