"""Which categories storefronts see: those that are visible, with all that stand above them."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import any_, exists, func, or_, update
from sqlalchemy.orm import aliased

from api.catalog.models import Category
from api.platform.db import require_transaction

_ABOVE: Final = aliased(Category)
_IS_SHOWN: Final = ~exists().where(
    # The slugs of a path are its own and those of all above.
    _ABOVE.slug == any_(func.string_to_array(Category.path, "/")),
    ~_ABOVE.is_visible,
)


def settle(paths: Collection[str]) -> None:
    """Find anew whether categories, and all that stand below them, are shown. Needs the tree."""
    if not paths:
        return
    within = (Category.path.startswith(f"{path}/", autoescape=True) for path in paths)
    require_transaction().execute(
        update(Category)
        .where(or_(Category.path.in_(paths), *within))
        .values(is_shown=_IS_SHOWN)
        .execution_options(synchronize_session=False)
    )
