"""What e-mails need to know, and the list of e-mails for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack
from uuid import UUID

from sqlalchemy import func, select

from api.accounts.models import EmailVerification, PasswordReset, StaffInvitation, User
from api.accounts.roles import AccountKind
from api.catalog.models.products import Product, Variant
from api.inventory.models import Location, StockLevel
from api.kernel import clock
from api.notifications.errors import EmailNotFound
from api.notifications.models import EmailMessage
from api.notifications.states import EmailKind
from api.orders.models import Order, OrderLink
from api.platform.attention import AttentionItem
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort, page_response

NEWEST = Sort((EmailMessage.id,), descending=True)

_CARD: tuple[Any, ...] = (
    EmailMessage.id,
    EmailMessage.kind,
    EmailMessage.subject_id,
    EmailMessage.recipient,
    EmailMessage.status,
    EmailMessage.subject_line,
    EmailMessage.message_id,
    EmailMessage.attempts,
    EmailMessage.resends,
    EmailMessage.last_error,
    EmailMessage.request_id,
    EmailMessage.created_at,
    EmailMessage.sent_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailFilter:
    """What the list of e-mails may be narrowed by."""

    status: str | None = None
    subject_id: UUID | None = None
    subject_ids: Sequence[UUID] | None = None


def texts(kind: EmailKind, subject_id: UUID) -> dict[str, str]:
    """Return what the e-mails of a kind say about a subject, by whom they were written to."""
    rows = session.execute(
        select(EmailMessage.recipient, EmailMessage.text).where(
            EmailMessage.kind == kind, EmailMessage.subject_id == subject_id
        )
    )
    return {row.recipient: row.text for row in rows}


def emails(narrow: EmailFilter, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the list of e-mails, newest first, without the texts."""
    conditions = []
    if narrow.status is not None:
        conditions.append(EmailMessage.status == narrow.status)
    if narrow.subject_id is not None:
        conditions.append(EmailMessage.subject_id == narrow.subject_id)
    if narrow.subject_ids is not None:
        conditions.append(any_of(EmailMessage.subject_id, narrow.subject_ids))
    return page_response(select(*_CARD).where(*conditions), NEWEST, _card, filters=narrow, **asked)


def email(email_id: UUID) -> dict[str, object]:
    """Return one e-mail with its text. Raises `EmailNotFound`."""
    row = session.execute(
        select(*_CARD, EmailMessage.text).where(EmailMessage.id == email_id)
    ).one_or_none()
    if row is None:
        raise EmailNotFound(email_id=email_id)
    return {**_card(row), "text": row.text}


def low_level(level_id: UUID) -> AnyRow:
    """Read what runs low, and where: `sku`, `title`, `variant_title`, `location`."""
    return session.execute(
        select(
            Variant.sku,
            Product.title,
            Variant.title.label("variant_title"),
            Location.name.label("location"),
        )
        .select_from(StockLevel)
        .join(Location, Location.id == StockLevel.location_id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(StockLevel.id == level_id)
    ).one()


def order_link(link_id: UUID) -> AnyRow | None:
    """Read a link that is to be mailed: `kind`, `order_id`, `draft_id`, `email`, `expires_at`."""
    return session.execute(
        select(
            OrderLink.kind,
            OrderLink.order_id,
            OrderLink.draft_id,
            OrderLink.email,
            OrderLink.expires_at,
        ).where(OrderLink.id == link_id)
    ).one_or_none()


def order_number(order_id: UUID) -> str:
    """Return the number by which people know an order."""
    return session.execute(select(Order.number).where(Order.id == order_id)).scalar_one()


def attention_item(item_id: UUID) -> AnyRow:
    """Read an item of the attention list, with the number of its order, if it has one."""
    return session.execute(
        select(AttentionItem.__table__, Order.number)
        .outerjoin(Order, Order.id == AttentionItem.order_id)
        .where(AttentionItem.id == item_id)
    ).one()


def reset_recipient(request_id: UUID) -> str | None:
    """Return where the e-mail about a forgotten password goes; None when nobody is to get one."""
    return session.scalar(
        select(User.email)
        .join(PasswordReset, func.lower(PasswordReset.email) == func.lower(User.email))
        .where(PasswordReset.id == request_id, User.kind == AccountKind.CUSTOMER, User.is_active)
    )


def verification_recipient(request_id: UUID) -> str | None:
    """Return where a link to verify an address goes; None when nobody is to get one."""
    return session.scalar(
        select(User.email)
        .join(EmailVerification, EmailVerification.user_id == User.id)
        .where(EmailVerification.id == request_id, User.is_active)
    )


def invited(invitation_id: UUID) -> str | None:
    """Return where an invitation onto the staff goes; None when it is not open any more."""
    return session.scalar(
        select(StaffInvitation.email).where(
            StaffInvitation.id == invitation_id,
            StaffInvitation.accepted_at.is_(None),
            StaffInvitation.revoked_at.is_(None),
            StaffInvitation.expires_at > clock.now(),
        )
    )


def _card(row: AnyRow) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in _CARD}
