"""Start-up check: warns about countries and regions where no tax is applied."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.kernel import clock
from api.platform.db import session
from api.pricing import queries

_log = structlog.get_logger("api.pricing")


def warn_of_tax_gaps() -> None:
    """Log a warning when tax is not applied somewhere; called when the shop starts.

    If the database is unreachable or not migrated, the check is skipped and the shop starts.
    """
    try:
        gaps = queries.tax_gaps(clock.now().date())
    except SQLAlchemyError as error:
        _log.info("tax_not_checked", error=type(error).__name__)
        return
    finally:
        session.remove()
    if gaps.regional:
        rates = [" ".join(rate) for rate in gaps.regional]
        _log.warning("regional_tax_rates_not_applied", rates=rates, see="flask doctor tax")
    if gaps.untaxed:
        _log.warning("countries_without_tax", countries=list(gaps.untaxed), see="flask doctor tax")
