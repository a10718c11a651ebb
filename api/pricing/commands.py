"""The warning about tax that is not applied, when the shop starts."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.kernel import clock
from api.platform.db import session
from api.pricing import queries

_log = structlog.get_logger("api.pricing")


def warn_of_tax_gaps() -> None:
    """Log a warning when tax is not applied somewhere; called when the shop starts.

    A database that is away or not migrated is not this check's business: the shop starts anyway.
    """
    try:
        gaps = queries.tax_gaps(clock.now().date())
    except SQLAlchemyError as away:
        _log.info("tax_not_checked", error=type(away).__name__)
        return
    finally:
        session.remove()
    if gaps.regional:
        rates = [" ".join(rate) for rate in gaps.regional]
        _log.warning("regional_tax_rates_not_applied", rates=rates, see="flask doctor tax")
    if gaps.untaxed:
        _log.warning("countries_without_tax", countries=list(gaps.untaxed), see="flask doctor tax")
