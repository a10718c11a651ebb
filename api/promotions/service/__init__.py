"""Writes of discounts and codes, and of how often they are used."""

from api.promotions.service.codes import add_codes, delete_code, make_codes
from api.promotions.service.discounts import (
    create_discount,
    delete_discount,
    draft_of,
    edit_discount,
)
from api.promotions.service.uses import (
    claim,
    give_back,
    record,
    record_shares,
    record_shipping,
    record_staff_discount,
)

__all__ = [
    "add_codes",
    "claim",
    "create_discount",
    "delete_code",
    "delete_discount",
    "draft_of",
    "edit_discount",
    "give_back",
    "make_codes",
    "record",
    "record_shares",
    "record_shipping",
    "record_staff_discount",
]
