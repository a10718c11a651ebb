"""Codes of discounts: one, a batch of random ones, or a list from elsewhere."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, insert, select

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction
from api.promotions import codes as rules
from api.promotions.errors import (
    CodesRefused,
    DiscountImpossible,
    DiscountInUse,
    DiscountNotFound,
)
from api.promotions.models import DiscountCode, DiscountRow

_REPORTED = 100


def add_codes(
    discount_id: UUID, rows: Mapping[int, str], *, max_uses: int | None, by: Principal
) -> int:
    """Add codes by their rows, all or none; returns how many. `max_uses` 1 is for single use.

    Raises `DiscountNotFound`, `DiscountImpossible` for an automatic discount, and `CodesRefused`
    with the row of each duplicate, look-alike and badly written code.
    """
    _check_takes_codes(discount_id)
    tidied = [rules.tidy(code) for code in rows.values()]
    if not 1 <= len(tidied) <= rules.MOST:
        raise _refused([(1, "invalid", f"Send 1 to {rules.MOST} codes, one in each row.")])
    faults = rules.find_faults(tidied, _taken(tidied), rows=tuple(rows))
    if faults:
        raise _refused(faults)
    _insert(discount_id, tidied, max_uses)
    audit.record("discount.codes_added", by=by, subject_id=discount_id, count=len(tidied))
    return len(tidied)


def make_codes(
    discount_id: UUID,
    count: int,
    *,
    prefix: str,
    length: int,
    max_uses: int | None,
    by: Principal,
) -> int:
    """Make random codes and return how many.

    Raises `DiscountNotFound`, and `DiscountImpossible` when so short codes would be guessed.
    """
    _check_takes_codes(discount_id)
    # Of a million possible codes at most one is valid, so that guessing one takes years.
    if len(rules.ALPHABET) ** length < count * 1_000_000:
        needed = next(n for n in range(length, 40) if len(rules.ALPHABET) ** n >= count * 1_000_000)
        said = f"So many codes of {length} characters could be guessed: use {needed}."
        error = {"pointer": "/length", "code": DiscountImpossible.code, "detail": said}
        raise DiscountImpossible(said, errors=[error])
    made: list[str] = []
    while len(made) < count:
        fresh = rules.generate(count - len(made), prefix=rules.tidy(prefix), length=length)
        taken = _taken(fresh)
        known = set(made)
        made += [one for one in fresh if rules.fold(one) not in taken and one not in known]
    _insert(discount_id, made, max_uses)
    audit.record("discount.codes_made", by=by, subject_id=discount_id, count=count)
    return count


def delete_code(code_id: UUID, *, by: Principal) -> None:
    """Delete a code that was never used. Raises `DiscountNotFound` and `DiscountInUse`."""
    current = require_transaction()
    row = current.execute(
        select(DiscountCode.code, DiscountCode.uses, DiscountCode.discount_id)
        .where(DiscountCode.id == code_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise DiscountNotFound("Code not found.")
    if row.uses:
        raise DiscountInUse(f"Orders have the code {row.code}: switch the discount off instead.")
    current.execute(delete(DiscountCode).where(DiscountCode.id == code_id))
    audit.record("discount.code_deleted", by=by, subject_id=row.discount_id, code=row.code)


def _refused(faults: Sequence[tuple[int, str, str]]) -> CodesRefused:
    errors = [
        {"pointer": f"/codes/{row - 1}", "code": code, "detail": f"Row {row}: {said}"}
        for row, code, said in faults[:_REPORTED]
    ]
    return CodesRefused(count=len(faults), errors=errors)


def _check_takes_codes(discount_id: UUID) -> None:
    is_automatic = require_transaction().scalar(
        select(DiscountRow.is_automatic)
        .where(DiscountRow.id == discount_id)
        .with_for_update(read=True)
    )
    if is_automatic is None:
        raise DiscountNotFound
    if is_automatic:
        raise DiscountImpossible("It applies by itself and takes no code: set is_automatic to no.")


def _taken(codes: Sequence[str]) -> dict[str, str]:
    rows = require_transaction().execute(
        select(DiscountCode.folded, DiscountCode.code).where(
            DiscountCode.folded.in_(rules.folded_all(codes))
        )
    )
    return {row.folded: row.code for row in rows}


def _insert(discount_id: UUID, codes: Sequence[str], max_uses: int | None) -> None:
    moment = clock.now()
    require_transaction().execute(
        insert(DiscountCode),
        [
            {
                "id": new_id(),
                "discount_id": discount_id,
                "code": code,
                "folded": rules.fold(code),
                "max_uses": max_uses,
                "uses": 0,
                "created_at": moment,
            }
            for code in codes
        ],
    )
