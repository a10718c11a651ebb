"""Rules that hold orders: written by staff, applied when an order is paid for the first time."""

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import cast, func, insert, select, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.dialects.postgresql import insert as upsert

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money, is_currency
from api.kernel.principal import Principal
from api.orders.errors import HoldRuleNotFound, HoldRulesUnreadable, HoldRuleTaken, TooManyHoldRules
from api.orders.models import HoldRule, Order
from api.orders.search_text import tsquery_of
from api.orders.service.holds import hold_for
from api.orders.states import STAFF_HOLD_REASONS, HoldReason, RuleCondition
from api.platform import audit, versioned_rows
from api.platform.db import AnyRow, require_transaction, session, table_of

MOST_RULES: Final = 50
_RULES = table_of(HoldRule)
_RISKS: Final = ("elevated", "highest")
_ACTIVE: Final = select(_RULES).where(_RULES.c.is_active).order_by(_RULES.c.code)
COLUMNS: Final = (
    "code", "name", "condition", "value", "amount", "currency", "reason", "is_active",
)  # fmt: skip
_MOST_ERRORS: Final = 20
CODE: Final = r"[a-z0-9][a-z0-9_-]{0,39}"
"""What the code of a rule looks like."""
_FORMULA: Final = ("=", "+", "-", "@", "'")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRuleInput:
    """A rule to write; `amount` is in minor units. See `HoldRule`."""

    code: str
    name: str
    condition: RuleCondition
    reason: HoldReason
    value: str | None = None
    amount: int | None = None
    currency: str | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What the provider and the card's bank said of a payment."""

    risk_level: str | None = None
    failed_checks: Collection[str] = ()


def create_rule(values: HoldRuleInput, *, by: Principal) -> UUID:
    """Create a rule. Raises `HoldRuleTaken`, `TooManyHoldRules` and `RuleImpossible`."""
    _lock_table()
    if (session.scalar(select(func.count()).select_from(_RULES)) or 0) >= MOST_RULES:
        raise TooManyHoldRules(most=MOST_RULES)
    row = _row(values)
    with versioned_rows.translate_integrity_errors(HoldRuleTaken(rule=values.code)):
        require_transaction().execute(insert(_RULES).values(row))
    audit.record("hold_rule.created", by=by, subject_id=row["id"], **asdict(values))
    rule_id: UUID = row["id"]
    return rule_id


def edit_rule(
    rule_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change a rule; orders that it held stay on hold.

    Raises `HoldRuleNotFound`, `Stale` and `RuleImpossible`.
    """
    before = versioned_rows.lock(HoldRule, rule_id, expected_version, missing=HoldRuleNotFound())
    versioned_rows.change(HoldRule, rule_id, changes, taken=HoldRuleTaken(rule=before.code))
    kept = {name: getattr(before, name) for name in changes}
    audit.record("hold_rule.edited", by=by, subject_id=rule_id, before=kept, **changes)


def delete_rule(rule_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a rule; orders that it held stay on hold. Raises `HoldRuleNotFound` and `Stale`."""
    row = versioned_rows.remove(HoldRule, rule_id, expected_version, missing=HoldRuleNotFound())
    audit.record("hold_rule.deleted", by=by, subject_id=rule_id, before=_cells(row))


def apply_rules(order: Order, risk: Callable[[], RiskFacts]) -> None:
    """Hold an order that was just paid for by each active rule that it meets, once per rule.

    Amounts are compared in the currency of the rule only. `risk` is asked where there is a rule.
    One statement while there is none. Needs the order locked.
    """
    rules = session.execute(_ACTIVE).all()
    facts = risk() if rules else RiskFacts()
    for rule in rules:
        why = _met(rule, order, facts)
        if why is not None:
            hold_for(order, rule.reason, note=f"{rule.name}: {why}", reference=rule.id)


def import_rules(sheet: str, *, by: Principal) -> dict[str, int]:
    """Write the rules of a CSV by their codes, all rows or none; other rules stay.

    Raises `HoldRulesUnreadable` with the rows that cannot be read, `TooManyHoldRules` and
    `RuleImpossible`. Locks the table against other writers.
    """
    _lock_table()
    rules = _read(sheet)
    rows = [_row(one) for one in rules]
    new = upsert(_RULES).values(rows)
    kept = {name: new.excluded[name] for name in COLUMNS if name != "code"}
    with versioned_rows.translate_integrity_errors():
        require_transaction().execute(
            new.on_conflict_do_update(
                index_elements=["code"], set_={**kept, "version": _RULES.c.version + 1}
            )
        )
    if (session.scalar(select(func.count()).select_from(_RULES)) or 0) > MOST_RULES:
        raise TooManyHoldRules(most=MOST_RULES)
    audit.record(
        "hold_rules.imported", by=by, subject_id=None, rows=len(rules),
        codes=[one.code for one in rules],
    )  # fmt: skip
    return {"rows": len(rules)}


def export_rules() -> str:
    """Return all rules as CSV, as the import takes it."""
    written = io.StringIO()
    sheet = csv.writer(written, lineterminator="\n")
    sheet.writerow(COLUMNS)
    for row in session.execute(select(_RULES).order_by(_RULES.c.code)):
        cells = _cells(row)
        # An apostrophe keeps spreadsheets from taking a name for a formula.
        cells["name"] = f"'{row.name}" if row.name[0] in _FORMULA else row.name
        sheet.writerow(cells.values())
    return written.getvalue()


def _met(rule: AnyRow, order: Order, facts: RiskFacts) -> str | None:
    """Return why a rule holds an order, in words; None if it does not."""
    match rule.condition:
        case RuleCondition.RISK_LEVEL:
            is_met = facts.risk_level in _RISKS[_RISKS.index(rule.value) :]
            return f"the risk is {facts.risk_level}" if is_met else None
        case RuleCondition.CARD_CHECK_FAILED:
            failed = [one for one in sorted(facts.failed_checks) if rule.value in ("any", one)]
            return f"the card's {' and '.join(failed)} did not fit" if failed else None
        case RuleCondition.IP_COUNTRY_DIFFERS:
            # Picked-up goods go to the shop's own country, wherever the buyer lives.
            is_met = order.ip_country not in (None, order.ship_country)
            is_met = is_met and order.shipping_method.get("kind") != "pickup"
            return f"ordered from {order.ip_country}, to {order.ship_country}" if is_met else None
    if order.currency != rule.currency or order.total <= rule.amount:
        return None
    limit = Money(rule.amount, rule.currency)
    if rule.condition is RuleCondition.AMOUNT_ABOVE:
        return f"above {limit}"
    return None if _paid_before(order) else f"a first order above {limit}"


def _paid_before(order: Order) -> bool:
    """Tell whether the same customer, or the same e-mail address, has paid for another order."""
    other = (Order.id != order.id, Order.paid_at.is_not(None))
    if order.customer_id is not None:
        by_account = select(Order.id).where(Order.customer_id == order.customer_id, *other)
        if session.scalar(by_account.limit(1)) is not None:
            return True
    # By the search index, which holds the e-mail as one word.
    asked = cast(tsquery_of(order.email), TSQUERY)
    by_email = select(Order.id).where(
        Order.search.bool_op("@@")(asked), func.lower(Order.email) == order.email.lower(), *other
    )
    return session.scalar(by_email.limit(1)) is not None


def _lock_table() -> None:
    # One writer at a time, so that two do not pass the limit together. Readers go on.
    require_transaction().execute(text("LOCK TABLE hold_rules IN SHARE ROW EXCLUSIVE MODE"))


def _row(values: HoldRuleInput) -> dict[str, Any]:
    return {"id": new_id(), "created_at": clock.now(), "version": 1, **asdict(values)}


def _cells(row: AnyRow) -> dict[str, str]:
    values = {name: getattr(row, name) for name in COLUMNS}
    values["is_active"] = "yes" if row.is_active else "no"
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _read(text_: str) -> Sequence[HoldRuleInput]:
    sheet = csv.DictReader(io.StringIO(text_.lstrip("\ufeff")), strict=True)
    columns = {name.strip() for name in sheet.fieldnames or ()}
    if not {"code", "name", "condition", "reason"} <= columns <= {*COLUMNS}:
        raise HoldRulesUnreadable(
            f"The columns must be among {', '.join(COLUMNS)}, with code, name, condition and "
            "reason.",
            errors=[],
        )
    rules: list[HoldRuleInput] = []
    errors: list[dict[str, str]] = []
    try:
        for line in sheet:
            cells = {name.strip(): (value or "").strip() for name, value in line.items() if name}
            try:
                rules.append(_rule(cells))
            except ValueError as error:
                errors.append(_error(sheet.line_num, str(error)))
    except csv.Error as error:
        errors.append(_error(sheet.line_num, str(error)))
    if len({one.code for one in rules}) < len(rules):
        errors.append(_error(sheet.line_num, "a code is there twice"))
    if errors or not rules:
        detail = errors[0]["detail"] if errors else "The file has no rows."
        raise HoldRulesUnreadable(f"Nothing was read. {detail}", errors=errors[:_MOST_ERRORS])
    return rules


def _rule(cells: Mapping[str, str]) -> HoldRuleInput:
    """Read one row. Raises ValueError with what is wrong."""
    code, amount, currency = cells["code"], cells.get("amount", ""), cells.get("currency", "")
    if re.fullmatch(CODE, code) is None:
        raise ValueError("the code needs up to 40 small letters, digits or dashes")
    name = cells["name"]
    if name[:1] == "'" and name[1:2] in _FORMULA:
        name = name[1:]
    if not 0 < len(name) <= 120:
        raise ValueError("the name needs 1 to 120 characters")
    if cells["condition"] not in [one.value for one in RuleCondition]:
        conditions = ", ".join(one.value for one in RuleCondition)
        raise ValueError(f"{cells['condition']!r} is no condition; give one of {conditions}")
    if cells["reason"] not in [one.value for one in STAFF_HOLD_REASONS]:
        reasons = ", ".join(one.value for one in STAFF_HOLD_REASONS)
        raise ValueError(f"{cells['reason']!r} is no reason; give one of {reasons}")
    if amount and not (amount.isascii() and amount.isdigit() and len(amount) <= 15):
        raise ValueError("the amount is in whole minor units")
    if currency and not is_currency(currency):
        raise ValueError(f"{currency!r} is no currency")
    if len(cells.get("value", "")) > 20:
        raise ValueError("the value is too long")
    return HoldRuleInput(
        code=code,
        name=name,
        condition=RuleCondition(cells["condition"]),
        reason=HoldReason(cells["reason"]),
        value=cells.get("value") or None,
        amount=int(amount) if amount else None,
        currency=currency or None,
        is_active=cells.get("is_active", "yes").lower() not in ("no", "false", "0"),
    )


def _error(line: int, problem: str) -> dict[str, str]:
    detail = f"Line {line}: {problem}."
    return {"pointer": "/csv", "code": HoldRulesUnreadable.code, "detail": detail}
