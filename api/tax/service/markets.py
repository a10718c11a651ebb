"""Markets: countries that are sold to on the same terms."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, versioned_rows
from api.platform.db import require_transaction
from api.tax.errors import MarketNotFound, MarketTaken
from api.tax.models import Market
from api.tax.queries import MARKETS


def create_market(values: Mapping[str, Any], *, by: Principal) -> UUID:
    """Create a market. Raises `MarketTaken` for a code or a country of another one.

    Locks the table against other writers.
    """
    _lock()
    row = {"id": new_id(), "created_at": clock.now(), "version": 1, "is_active": True, **values}
    _check_countries(row)
    with versioned_rows.translate_integrity_errors(_taken(row)):
        require_transaction().execute(insert(MARKETS).values(row))
    audit.record("market.created", by=by, subject_id=row["id"], code=row["code"])
    market_id: UUID = row["id"]
    return market_id


def edit_market(
    market_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change a market; existing orders stay as they are.

    Raises `MarketNotFound`, `Stale` and `MarketTaken`. Locks the table against other writers.
    """
    _lock()
    row = versioned_rows.lock(Market, market_id, expected_version, missing=MarketNotFound())
    merged = {**row._asdict(), **changes}
    _check_countries(merged)
    versioned_rows.change(Market, market_id, changes, taken=_taken(merged))
    audit.record("market.edited", by=by, subject_id=market_id, **changes)


def remove_market(market_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a market. Raises `MarketNotFound`, and `Stale` when it was changed since."""
    versioned_rows.remove(Market, market_id, expected_version, missing=MarketNotFound())
    audit.record("market.removed", by=by, subject_id=market_id)


def _lock() -> None:
    # One writer at a time: two markets might otherwise take one country.
    require_transaction().execute(text("LOCK TABLE markets IN SHARE ROW EXCLUSIVE MODE"))


def _check_countries(row: Mapping[str, Any]) -> None:
    if not row["is_active"]:
        return
    others = require_transaction().scalars(
        select(MARKETS.c.countries).where(MARKETS.c.is_active, MARKETS.c.id != row["id"])
    )
    taken = {country for countries in others for country in countries} & set(row["countries"])
    if taken:
        raise _taken(row, sorted(taken))


def _taken(row: Mapping[str, object], countries: Sequence[str] = ()) -> MarketTaken:
    return MarketTaken(market=row["code"], countries=", ".join(countries) or "none")
