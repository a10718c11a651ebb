"""Saved views: filters of the list of orders under a name, each for whoever saved them."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.orders.errors import TooManyViews, ViewNameTaken, ViewNotFound, ViewsArePersonal
from api.orders.models import OrderView
from api.platform import audit, etags, versioned_rows
from api.platform.db import AnyRow, require_transaction, session, table_of

MOST_VIEWS: Final = 20
"""Views of one person: the console shows them beside each other."""
_VIEWS = table_of(OrderView)


def owner_of_views(by: Principal) -> UUID:
    """Return whose views these are. Raises `ViewsArePersonal` for a program."""
    if by.kind != "staff" or by.id is None:
        raise ViewsArePersonal
    return by.id


def save_view(name: str, filters: Mapping[str, object], *, by: Principal) -> UUID:
    """Save filters under a name. Raises `ViewNameTaken`, `TooManyViews`, `ViewsArePersonal`."""
    owner = owner_of_views(by)
    count = session.scalar(select(func.count()).where(_VIEWS.c.user_id == owner)) or 0
    if count >= MOST_VIEWS:
        raise TooManyViews(most=MOST_VIEWS)
    view = OrderView(id=new_id(), user_id=owner, name=name, filters=dict(filters))
    with versioned_rows.translate_integrity_errors(ViewNameTaken(name=name)):
        require_transaction().add(view)
        session.flush()  # a taken name is told here
    audit.record("order_view.saved", by=by, subject_id=view.id, name=name, filters=dict(filters))
    return view.id


def edit_view(
    view_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change the name or the filters of one's own view.

    Raises `ViewNotFound`, also for somebody else's, `Stale` and `ViewNameTaken`.
    """
    before = _lock_own(view_id, expected_version, by)
    taken = ViewNameTaken(name=changes.get("name", before.name))
    versioned_rows.change(OrderView, view_id, changes, taken=taken)
    audit.record(
        "order_view.edited",
        by=by,
        subject_id=view_id,
        before={name: getattr(before, name) for name in changes},
        **changes,
    )


def delete_view(view_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete one's own view. Raises `ViewNotFound` and `Stale`."""
    before = _lock_own(view_id, expected_version, by)
    require_transaction().execute(_VIEWS.delete().where(_VIEWS.c.id == view_id))
    audit.record("order_view.deleted", by=by, subject_id=view_id, name=before.name)


def _lock_own(view_id: UUID, expected_version: int, by: Principal) -> AnyRow:
    row = (
        require_transaction()
        .execute(
            select(_VIEWS)
            .where(_VIEWS.c.id == view_id, _VIEWS.c.user_id == owner_of_views(by))
            .with_for_update()
        )
        .one_or_none()
    )
    if row is None:
        raise ViewNotFound(view_id=view_id)
    etags.check(row.version, expected_version)
    return row
