"""Start-up check: warns about destinations without a tax rule and rules that nobody checked."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.platform.db import session
from api.platform.settings import current_settings
from api.shipping import queries
from api.tax import queries as tax_queries

_log = structlog.get_logger("api.shipping")


def warn_of_tax_gaps() -> None:
    """Log a warning about tax rules that are missing or unchecked; called when the shop starts.

    If the database is unreachable or not migrated, the check is skipped and the shop starts.
    """
    settings = current_settings()
    try:
        gaps = queries.tax_gaps(tax_queries.tax_day(), settings.country)
    except SQLAlchemyError as error:
        _log.info("tax_not_checked", error=type(error).__name__)
        return
    finally:
        session.remove()
    if gaps.unruled:
        _log.warning(
            "countries_without_tax_rule", countries=list(gaps.unruled), see="flask doctor tax"
        )
    if gaps.to_check:
        rules = [words for _, words in gaps.to_check]
        _log.warning("tax_rules_to_check", rules=rules, see="flask doctor tax")
