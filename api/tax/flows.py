"""Checking a buyer's VAT id: ask VIES outside of any transaction, and record its answer."""

from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import insert

from api.kernel import clock
from api.kernel.ids import new_id
from api.platform.db import session, table_of, transaction
from api.platform.service_registry import get_service
from api.platform.settings import current_settings
from api.tax import queries, vat_ids
from api.tax.gateways import VatAnswer, VatCheckUnavailable, VatIdChecker
from api.tax.models import VatIdCheck
from api.tax.rules import EU

ANSWER_LASTS: Final = timedelta(hours=12)
"""How long an answer of VIES is used again; the law asks for the day of the supply."""
_ASK_AGAIN: Final = timedelta(minutes=1)
"""After no answer: the quote and the checkout of one buyer wait for VIES once."""

_log = structlog.get_logger("api.tax")


def check_vat_id(typed: str, country: str, *, is_fresh: bool = False) -> dict[str, object]:
    """Check a VAT id and return what is known of it, as `queries.vat_id_fields`.

    VIES is asked, for at most two seconds, about ids of other member states by a shop in the EU,
    unless it answered recently; `is_fresh` asks it in any case. Its answer is recorded in a
    transaction of its own. Raises `VatIdInvalid`.
    """
    settings = current_settings()
    vat_id = vat_ids.parse(typed, country)
    if not (vat_id.is_european and settings.country in EU and vat_id.country != settings.country):
        return queries.vat_id_fields(vat_id.text)
    known = queries.latest_check(vat_id.text)
    lasts = ANSWER_LASTS if known and known["is_valid"] is not None else _ASK_AGAIN
    if known is None or is_fresh or known["checked_at"] < clock.now() - lasts:
        session.rollback()
        known = _ask(vat_id)
    if known["is_valid"] is False:
        raise vat_ids.refuse(vat_id.text)
    return known


def _ask(vat_id: vat_ids.VatId) -> dict[str, object]:
    checker: VatIdChecker = get_service(VatIdChecker)
    answer: VatAnswer | None = None
    try:
        answer = checker.check(vat_id)
    except VatCheckUnavailable as error:
        _log.warning("vat_id_not_checked", error=str(error))
    row = {
        "id": new_id(),
        "vat_id": vat_id.text,
        "checked_at": clock.now(),
        "is_valid": None if answer is None else answer.is_valid,
        "name": None if answer is None else answer.name,
        "consultation": None if answer is None else answer.consultation,
    }
    with transaction() as current:
        current.execute(insert(table_of(VatIdCheck)).values(row))
    return queries.vat_id_fields(vat_id.text, row)
