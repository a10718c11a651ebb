"""Rules of staff: which item goes out instead of another that is missing."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from api.catalog.errors import VariantNotFound
from api.catalog.queries import variant_lookup
from api.catalog.queries.variant_lookup import VariantFound
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.picking import queries
from api.picking.errors import NotAnother
from api.picking.models import PickSubstitute
from api.platform import audit
from api.platform.db import require_transaction


def add_substitute(code: str, substitute: str, *, by: Principal) -> UUID:
    """Let units of one item go out where those of another are missing; returns the rule's id.

    Codes are SKUs or barcodes. The same rule twice is one rule. Raises `VariantNotFound` and
    `NotAnother`.
    """
    variant, other = _found(code), _found(substitute)
    if variant.variant_id == other.variant_id:
        raise NotAnother(sku=variant.sku)
    rule_id: UUID | None = require_transaction().scalar(
        insert(PickSubstitute)
        .values(
            id=new_id(),
            created_at=clock.now(),
            variant_id=variant.variant_id,
            substitute_id=other.variant_id,
            created_by=by.label[:120],
        )
        # Written again, so that the id of the rule that is there comes back.
        .on_conflict_do_update(
            index_elements=["variant_id", "substitute_id"],
            set_={"substitute_id": other.variant_id},
        )
        .returning(PickSubstitute.id)
    )
    assert rule_id is not None
    audit.record(
        "pick_substitute.added", by=by, subject_id=rule_id, sku=variant.sku, substitute=other.sku
    )
    return rule_id


def remove_substitute(rule_id: UUID, *, by: Principal) -> None:
    """End a rule; what went out by it stays. Raises `SubstituteNotFound`."""
    rule = queries.substitute(rule_id)
    require_transaction().execute(delete(PickSubstitute).where(PickSubstitute.id == rule_id))
    audit.record(
        "pick_substitute.removed",
        by=by,
        subject_id=rule_id,
        sku=rule["sku"],
        substitute=rule["substitute_sku"],
    )


def _found(code: str) -> VariantFound:
    found = variant_lookup.find_variant(code)
    if found is None:
        raise VariantNotFound(code=code)
    return found
