"""Discounts: saved only when some cart can meet their conditions."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from api.catalog.service.reductions import Reduction, keep_reduction
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import AnyRow, require_transaction
from api.platform.etags import check
from api.platform.settings import current_settings
from api.promotions import queries
from api.promotions.calculation import Discount
from api.promotions.errors import DiscountImpossible, DiscountInUse, DiscountNotFound
from api.promotions.models import DiscountRow, DiscountsState, OrderDiscount
from api.promotions.queries import admin
from api.promotions.states import DiscountKind, Target

DEFAULTS: Final[Mapping[str, object]] = {
    "target": None, "is_active": True, "is_automatic": False, "priority": 100,
    "is_exclusive": False, "stack_group": None, "currency": None, "basis_points": None,
    "amount": None, "tiers": [], "buy_quantity": None, "get_quantity": None, "max_times": None,
    "get_products": [], "get_collections": [], "products": [], "collections": [], "groups": [],
    "markets": [], "min_amount": None, "min_quantity": None, "first_order": False,
    "starts_on": None, "ends_on": None, "max_uses": None, "max_uses_per_customer": None,
}  # fmt: skip
MOST_OF_A_VARIANT: Final = 999
"""How many units of one variant a cart holds."""
_BY_ID = ("products", "get_products", "collections", "get_collections", "groups")
_TIERED = (DiscountKind.TIERED_BY_QUANTITY, DiscountKind.TIERED_BY_VALUE)
_NEEDS: Final = {
    DiscountKind.PERCENT: ("basis_points",),
    DiscountKind.FIXED: ("amount",),
    DiscountKind.BUY_X_GET_Y: ("buy_quantity", "get_quantity"),
    DiscountKind.TIERED_BY_QUANTITY: ("tiers",),
    DiscountKind.TIERED_BY_VALUE: ("tiers",),
}
_ONLY_FOR: Final = {
    "basis_points": (DiscountKind.PERCENT, DiscountKind.BUY_X_GET_Y),
    "amount": (DiscountKind.FIXED,),
    "tiers": _TIERED,
    **dict.fromkeys(
        ("buy_quantity", "get_quantity", "max_times", "get_products", "get_collections"),
        (DiscountKind.BUY_X_GET_Y,),
    ),
}
_TARGETS: Final = {
    DiscountKind.FREE_SHIPPING: (Target.SHIPPING,),
    DiscountKind.BUY_X_GET_Y: (Target.LINES,),
    **dict.fromkeys(_TIERED, (Target.LINES, Target.ORDER)),
}


def create_discount(values: Mapping[str, object], *, by: Principal) -> UUID:
    """Create a discount. Raises `DiscountImpossible`, with a pointer at each faulty member."""
    row = _row(values, uses=0)
    if row["ends_on"] is not None and row["ends_on"] < queries.today():
        raise _refused({"/ends_on": "This day is over: no cart could have it. Choose another."})
    discount_id = new_id()
    require_transaction().execute(
        insert(DiscountRow).values(id=discount_id, created_at=clock.now(), version=1, **row)
    )
    renew_token()
    keep_reduction(discount_id, _for_everybody(row))
    audit.record("discount.created", by=by, subject_id=discount_id, name=row["name"])
    return discount_id


def edit_discount(
    discount_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change a discount; existing orders keep what they have.

    Locks it. Raises `DiscountNotFound`, `Stale` and `DiscountImpossible`.
    """
    row = _lock(discount_id, expected_version)
    before = admin.discount(discount_id)
    values = {name: before[name] for name in ("name", "kind", *DEFAULTS)}
    # What was deleted since has no name any more; without its id a condition would be dropped.
    kept = {member: getattr(row, member) for member in _BY_ID if member not in changes}
    changed = _row({**values, **changes, **{member: [] for member in kept}}, uses=row.uses) | kept
    require_transaction().execute(
        update(DiscountRow)
        .where(DiscountRow.id == discount_id)
        .values(**changed, version=DiscountRow.version + 1)
        .execution_options(synchronize_session=False)
    )
    renew_token()
    keep_reduction(discount_id, _for_everybody(changed))
    audit.record("discount.edited", by=by, subject_id=discount_id, changed=sorted(changes))


def delete_discount(discount_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a discount and its codes. Raises `DiscountNotFound`, `Stale`, `DiscountInUse`."""
    row = _lock(discount_id, expected_version)
    current = require_transaction()
    if current.scalar(select(exists().where(OrderDiscount.discount_id == discount_id))):
        raise DiscountInUse
    current.execute(delete(DiscountRow).where(DiscountRow.id == discount_id))
    renew_token()
    keep_reduction(discount_id, None)
    audit.record("discount.deleted", by=by, subject_id=discount_id, name=row.name)


def _for_everybody(row: Mapping[str, Any]) -> Reduction | None:
    """Return what a discount takes off each price for every buyer, or None."""
    settings = current_settings()
    is_general = (
        row["is_active"]
        and row["is_automatic"]
        and not any(row[name] for name in ("groups", "markets", "min_amount", "first_order"))
        and (row["min_quantity"] or 1) == 1
        and (
            (row["kind"] is DiscountKind.PERCENT and row["target"] is not Target.SHIPPING)
            or (row["kind"] is DiscountKind.FIXED and row["target"] is Target.LINES)
        )
    )
    if not is_general:
        return None
    starts, ends = (
        None if day is None else datetime.combine(day, time.min, settings.zone)
        for day in (row["starts_on"], row["ends_on"])
    )
    kept = ("priority", "is_exclusive", "stack_group", "currency", "basis_points", "amount")
    return Reduction(
        starts_at=starts or clock.now(),
        ends_at=None if ends is None else ends + timedelta(days=1),
        **{name: row[name] for name in (*kept, "products", "collections")},
    )


def draft_of(values: Mapping[str, object]) -> Discount:
    """Return a discount that is not saved, to be tried. Raises `DiscountImpossible`."""
    return queries.discount_of({"id": new_id(), **_row(values, uses=0), "is_active": True})


def _lock(discount_id: UUID, expected_version: int) -> AnyRow:
    columns = queries.DISCOUNTS.c["name", "uses", "version", *_BY_ID]
    row = (
        require_transaction()
        .execute(select(*columns).where(queries.DISCOUNTS.c.id == discount_id).with_for_update())
        .one_or_none()
    )
    if row is None:
        raise DiscountNotFound
    check(row.version, expected_version)
    return row


def renew_token() -> None:
    """Give all discounts a new token, so that every process reads them again; none, without any.

    Locks the token until the transaction ends; whoever calls has locked its discounts before.
    """
    current = require_transaction()
    current.flush()
    is_any = current.scalar(select(exists().where(DiscountRow.is_active)))
    token = new_id() if is_any else None
    current.execute(
        upsert(DiscountsState)
        .values(id=1, token=token)
        .on_conflict_do_update(index_elements=["id"], set_={"token": token})
    )


def _refused(faults: Mapping[str, str]) -> DiscountImpossible:
    errors = [
        {"pointer": pointer, "code": DiscountImpossible.code, "detail": detail}
        for pointer, detail in faults.items()
    ]
    return DiscountImpossible(" ".join(faults.values()), errors=errors)


def _row(values: Mapping[str, Any], *, uses: int) -> dict[str, Any]:
    """Return the columns of a discount, or refuse values that do not fit together."""
    row = {**DEFAULTS, **values}
    kind = DiscountKind(row["kind"])
    possible = _TARGETS.get(kind, tuple(Target))
    target = Target(row["target"]) if row["target"] else possible[-1 if kind in _TIERED else 0]
    row |= {"kind": kind, "target": target}
    faults = _misfits(row, kind, possible)
    _take_amounts(row, faults)
    if kind in _TIERED and not faults:
        faults |= _tier_faults(row)
    starts, ends = row["starts_on"], row["ends_on"]
    if starts is not None and ends is not None and ends < starts:
        faults["/ends_on"] = "It ends before it begins: choose a later last day."
    if row["max_uses"] is not None and row["max_uses"] < uses:
        faults["/max_uses"] = f"It was used {uses} times already: {uses} is the least."
    both = (row["max_uses"], row["max_uses_per_customer"])
    if None not in both and both[1] > both[0]:
        faults["/max_uses_per_customer"] = "One customer could not use it so often: max_uses."
    for member in _BY_ID:
        faults |= _take_ids(row, member)
    if not faults:
        faults |= _unreachable(row)
    known = admin.market_codes() if row["markets"] else frozenset()
    faults |= {
        f"/markets/{place}": f"There is no market {code}."
        for place, code in enumerate(row["markets"])
        if code not in known
    }
    if faults:
        raise _refused(faults)
    return row


def _unreachable(row: Mapping[str, Any]) -> dict[str, str]:
    """Find numbers of units that no cart holds: at most so many of each variant fit into one."""
    wanted = {f"/{name}": row[name] or 0 for name in ("min_quantity", "buy_quantity")}
    if row["kind"] is DiscountKind.TIERED_BY_QUANTITY:
        wanted |= {f"/tiers/{at}/quantity": one["start"] for at, one in enumerate(row["tiers"])}
    if max(wanted.values()) <= MOST_OF_A_VARIANT:
        return {}
    most = MOST_OF_A_VARIANT * admin.variants_among(row["products"], row["collections"])
    said = f"A cart holds at most {most} units of these goods: no cart reaches it. Lower it."
    return {at: said for at, units in wanted.items() if units > most}


def _misfits(
    row: Mapping[str, object], kind: DiscountKind, possible: tuple[Target, ...]
) -> dict[str, str]:
    words = kind.value.replace("_", " ")
    faults = {
        f"/{member}": f"A discount of the kind {words} needs {member}."
        for member in _NEEDS.get(kind, ())
        if not row[member]
    }
    faults |= {
        f"/{member}": f"Leave {member} out: it has no meaning for the kind {words}."
        for member, kinds in _ONLY_FOR.items()
        if row[member] and kind not in kinds
    }
    if row["target"] not in possible:
        faults["/target"] = f"The kind {words} is for: {', '.join(one.value for one in possible)}."
    return faults


def _take_amounts(row: dict[str, Any], faults: dict[str, str]) -> None:
    """Replace money by minor units; all of it must be in one currency."""
    tiers = []
    for place, tier in enumerate(row["tiers"]):
        by_value = row["kind"] is DiscountKind.TIERED_BY_VALUE
        start = tier.get("value") if by_value else tier.get("quantity")
        if start is None:
            faults[f"/tiers/{place}"] = f"Say from which {'value' if by_value else 'quantity'} on."
        if (tier.get("basis_points") is None) == (tier.get("amount") is None):
            faults[f"/tiers/{place}"] = "A tier has either basis_points or amount."
        tiers.append({"start": start, **{n: tier.get(n) for n in ("basis_points", "amount")}})
    money = [(f"/{name}", row[name]) for name in ("amount", "min_amount")]
    money += [(f"/tiers/{n}", t[name]) for n, t in enumerate(tiers) for name in ("start", "amount")]
    given = [(at, one) for at, one in money if isinstance(one, Money)]
    currency = given[0][1].currency if given else None
    for at, one in given:
        if one.currency != currency:
            faults[at] = f"All amounts of a discount are in one currency: {currency}."
        if one.amount <= 0:
            faults[at] = "Give an amount of more than 0."
    row["currency"] = currency or row["currency"]
    row["tiers"] = [{n: _minor(one) for n, one in tier.items()} for tier in tiers]
    row["amount"], row["min_amount"] = _minor(row["amount"]), _minor(row["min_amount"])


def _minor(value: object) -> object:
    return value.amount if isinstance(value, Money) else value


def _tier_faults(row: dict[str, Any]) -> dict[str, str]:
    faults, tiers = {}, row["tiers"]
    least = row["min_amount"] if row["kind"] is DiscountKind.TIERED_BY_VALUE else None
    least = row["min_quantity"] if row["kind"] is DiscountKind.TIERED_BY_QUANTITY else least
    for place, (tier, after) in enumerate(pairwise(tiers), start=1):
        if after["start"] <= tier["start"]:
            faults[f"/tiers/{place}"] = f"It overlaps tier {place}: let it begin higher."
        elif least is not None and after["start"] <= least:
            faults[f"/tiers/{place - 1}"] = (
                "The minimum is above it: no cart reaches it. Remove it."
            )
        for unit in ("basis_points", "amount"):
            both = (tier[unit], after[unit])
            if None not in both and both[1] <= both[0]:
                faults[f"/tiers/{place}"] = f"It gives no more than tier {place}: raise it."
    return faults


def _take_ids(row: dict[str, Any], member: str) -> dict[str, str]:
    """Replace names by ids; an unknown one could never be met."""
    names = list(dict.fromkeys(row[member]))
    found = admin.ids_of(member, names) if names else {}
    row[member] = [found.get(name) for name in names]
    return {
        f"/{member}/{place}": f"{name} is not known here. Look at how it is written."
        for place, name in enumerate(names)
        if name not in found
    }
