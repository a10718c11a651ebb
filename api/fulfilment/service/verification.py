"""Verification: which units of a parcel were scanned, and whether it may ship."""

from collections.abc import Mapping
from uuid import UUID

from api.catalog.queries import variant_lookup
from api.fulfilment.carriers import must_verify
from api.fulfilment.errors import UnitsNotVerified, VerifiedExceedsQuantity
from api.fulfilment.models import Fulfilment
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.orders.errors import UnknownOrderLine
from api.orders.service import Order
from api.platform.auth import PermissionMissing
from api.platform.settings import current_settings


def verify(
    order: Order,
    parcel: Fulfilment,
    verified: Mapping[UUID, int],
    *,
    override_reason: str | None,
    by: Principal,
) -> int:
    """Record the verified units; returns how many ship unverified under an override.

    Raises `UnknownOrderLine` and `VerifiedExceedsQuantity` for units that are not in the parcel,
    and `UnitsNotVerified` with each incomplete line, unless there is an override reason; that needs
    the permission `fulfilment:override` (`PermissionMissing`).
    """
    packed = {line.order_line_id: line for line in parcel.lines}
    _check_packed(verified, {line_id: line.quantity for line_id, line in packed.items()})
    for line_id, line in packed.items():
        line.verified_quantity = verified.get(line_id, 0)
    lines = [line for line in order.lines if line.id in packed]
    rule = current_settings().ship_verification
    codes = variant_lookup.barcodes_of([line.variant_id for line in lines])
    missing = [
        {
            "order_line_id": line.id,
            "sku": line.sku,
            "quantity": packed[line.id].quantity,
            "verified": packed[line.id].verified_quantity,
        }
        for line in lines
        if packed[line.id].verified_quantity < packed[line.id].quantity
        and must_verify(rule, has_barcode=line.variant_id in codes)
    ]
    if not missing:
        return 0
    if override_reason is None:
        errors = [
            {
                "pointer": "/verified_lines",
                "code": UnitsNotVerified.code,
                "detail": f"{row['sku']}: {row['verified']} of {row['quantity']} verified.",
            }
            for row in missing
        ]
        raise UnitsNotVerified(lines=missing, errors=errors)
    if not by.may(Permission.FULFILMENT_OVERRIDE):
        raise PermissionMissing(permission=Permission.FULFILMENT_OVERRIDE)
    parcel.override_reason = override_reason
    incomplete = {row["order_line_id"] for row in missing}
    return sum(
        line.quantity - line.verified_quantity
        for line in parcel.lines
        if line.order_line_id in incomplete
    )


def must_scan(variant_id: UUID) -> bool:
    """Tell whether units of a variant must be scanned, by the setting `SHIP_VERIFICATION`."""
    has_barcode = variant_id in variant_lookup.barcodes_of([variant_id])
    return must_verify(current_settings().ship_verification, has_barcode=has_barcode)


def _check_packed(verified: Mapping[UUID, int], packed: Mapping[UUID, int]) -> None:
    unknown, too_many = [], []
    for index, (line_id, units) in enumerate(verified.items()):
        pointer = f"/verified_lines/{index}"
        if line_id not in packed:
            unknown.append(
                {
                    "pointer": f"{pointer}/order_line_id",
                    "code": UnknownOrderLine.code,
                    "detail": "This line is not in the parcel.",
                }
            )
        elif units > packed[line_id]:
            too_many.append(
                {
                    "pointer": f"{pointer}/quantity",
                    "code": VerifiedExceedsQuantity.code,
                    "detail": f"{units} verified, {packed[line_id]} in the parcel.",
                }
            )
    if unknown:
        raise UnknownOrderLine(errors=unknown)
    if too_many:
        raise VerifiedExceedsQuantity(errors=too_many)
