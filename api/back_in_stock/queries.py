"""Reads of back-in-stock subscriptions."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Unpack
from uuid import UUID

from sqlalchemy import func, select

from api.accounts.models import User
from api.back_in_stock.models import BackInStockSubscription
from api.catalog.errors import VariantNotFound
from api.catalog.models.products import Product, Variant
from api.catalog.states import ProductStatus
from api.platform import sweeps
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort, page, page_response

IS_WAITING = (
    BackInStockSubscription.told_at.is_(None),
    BackInStockSubscription.cancelled_at.is_(None),
)


@dataclass(frozen=True, slots=True)
class BackInStockEmail:
    """Recipient and content of a back-in-stock e-mail."""

    email: str
    name: str | None
    title: str
    variant_title: str
    slug: str


def check_is_published(variant_id: UUID) -> None:
    """Refuse a variant that is not published. Raises `VariantNotFound`."""
    published = session.scalar(
        select(Variant.id)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id == variant_id, Product.status == ProductStatus.ACTIVE)
    )
    if published is None:
        raise VariantNotFound(variant_id=variant_id)


def is_published(variant_id: UUID) -> bool:
    """Tell whether a variant is published."""
    try:
        check_is_published(variant_id)
    except VariantNotFound:
        return False
    return True


def email_of(request_id: UUID) -> BackInStockEmail | None:
    """Return the e-mail of a subscription; None if it was cancelled."""
    row = session.execute(
        select(
            *(BackInStockSubscription.email, User.full_name, Product.title),
            *(Variant.title.label("variant_title"), Product.slug),
        )
        .join(Variant, Variant.id == BackInStockSubscription.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(User, User.id == BackInStockSubscription.user_id)
        .where(
            BackInStockSubscription.id == request_id, BackInStockSubscription.cancelled_at.is_(None)
        )
    ).first()
    return BackInStockEmail(*row) if row else None


def subscribed_variants(variant_ids: Collection[UUID]) -> list[UUID]:
    """Return those of some variants that have open subscriptions, by id."""
    return list(
        session.scalars(
            select(BackInStockSubscription.variant_id)
            .where(BackInStockSubscription.variant_id.in_(variant_ids), *IS_WAITING)
            .distinct()
            .order_by(BackInStockSubscription.variant_id)
        )
    )


def subscribed_and_available(limit: int) -> list[UUID]:
    """Return variants in stock that have open subscriptions, by id."""
    waiting = select(BackInStockSubscription.variant_id).where(*IS_WAITING)
    return list(
        session.scalars(
            select(Variant.id)
            .join(Product, Product.id == Variant.product_id)
            .where(
                Variant.id.in_(waiting),
                Variant.in_stock,
                Product.status == ProductStatus.ACTIVE,
                ~sweeps.waits("notify-back-in-stock", Variant.id),
            )
            .order_by(Variant.id)
            .limit(limit)
        )
    )


def requests_of(user_id: UUID, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of a customer's subscriptions, newest first."""
    mine = (
        BackInStockSubscription.user_id == user_id,
        BackInStockSubscription.cancelled_at.is_(None),
    )
    return page_response(
        select(
            *(
                BackInStockSubscription.id,
                BackInStockSubscription.variant_id,
                BackInStockSubscription.created_at,
            ),
            *(BackInStockSubscription.told_at, Variant.sku, Variant.title.label("variant_title")),
            *(Product.title, Product.slug, Variant.in_stock),
        )
        .join(Variant, Variant.id == BackInStockSubscription.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(*mine),
        Sort((BackInStockSubscription.id,), descending=True),
        _request,
        filters=user_id,
        counted=select(BackInStockSubscription.id).where(*mine),
        **asked,
    )


def demand(*, limit: int, cursor: str | None, with_total: bool) -> dict[str, object]:
    """Return a page of subscribed variants with their number of subscribers."""
    waiting = (
        select(
            BackInStockSubscription.variant_id,
            func.count().label("waiting"),
            func.min(BackInStockSubscription.created_at).label("since"),
        )
        .where(*IS_WAITING)
        .group_by(BackInStockSubscription.variant_id)
        .subquery()
    )
    statement = (
        select(
            *(waiting.c.variant_id, waiting.c.waiting, waiting.c.since, Variant.sku),
            *(Product.title, Variant.title.label("variant_title"), Variant.in_stock),
        )
        .join(Variant, Variant.id == waiting.c.variant_id)
        .join(Product, Product.id == Variant.product_id)
    )
    rows, page_info = page(
        statement,
        Sort((waiting.c.waiting, waiting.c.variant_id), descending=True),
        limit=limit,
        cursor=cursor,
        total=statement.with_only_columns(waiting.c.variant_id) if with_total else None,
    )
    names = ("variant_id", "sku", "title", "variant_title", "in_stock", "waiting", "since")
    return {"data": [{name: getattr(row, name) for name in names} for row in rows],
            "page": page_info}  # fmt: skip


def _request(row: AnyRow) -> dict[str, object]:
    names = ("id", "variant_id", "sku", "title", "variant_title", "slug", "in_stock")
    request = {name: getattr(row, name) for name in (*names, "created_at", "told_at")}
    return {**request, "state": "waiting" if row.told_at is None else "told"}
