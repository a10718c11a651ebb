"""What each e-mail says, and to whom: read, render, send. Facts tell only what happened."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from api.accounts import queries as accounts_queries
from api.back_in_stock import queries as back_in_stock_queries
from api.back_in_stock import service as back_in_stock_service
from api.fulfilment import queries as fulfilment_queries
from api.inventory import queries as inventory_queries
from api.kernel import clock
from api.kernel.money import Money
from api.notifications import queries, rendering, service
from api.notifications.flows import sending
from api.notifications.service import EmailContent
from api.notifications.states import EmailKind
from api.orders import queries as orders_queries
from api.payments import queries as payments_queries
from api.platform.db import end_read_transaction, transaction
from api.platform.settings import current_settings
from api.returns import queries as returns_queries

MAILED_WITHIN = timedelta(days=3)
"""An arrival that is known later than this is no news to its customer."""

SECRET_LEFT_OUT = "(the link stands only in the e-mail itself)"  # noqa: S105


def order_received(order_id: UUID) -> None:
    """Tell the customer how to pay, when the money comes another way than by card."""
    order = _agreed(order_id)
    if _awaits_transfer(order):
        _how_to_pay(order_id, order, is_amended=False)


def order_amended(order_id: UUID, amendment_id: UUID, amended_at: datetime) -> None:
    """Tell again how to pay after a change, at the new address if that changed.

    Nothing is told twice: a change that was followed by another one is left to that, a first
    e-mail that tells of the change already is enough, and while none is written, this one takes
    its place.
    """
    order = _agreed(order_id)
    if order["amended_at"] != amended_at or not _awaits_transfer(order):
        return
    told = queries.texts(EmailKind.ORDER_RECEIVED, order_id)
    if not told:
        _how_to_pay(order_id, order, is_amended=False)
    elif told.get(order["email"]) != _render_how_to_pay(order, is_amended=False)[1]:
        _how_to_pay(amendment_id, order, is_amended=True)


def order_confirmed(order_id: UUID) -> None:
    """Confirm the order once its money is here, and tell what of it is back-ordered."""
    to_customer(EmailKind.ORDER_CONFIRMED, order_id, _agreed(order_id))


def order_shipped(fulfilment_id: UUID, order_id: UUID) -> None:
    """Tell what is in the parcel, how to follow it, and what still follows in another one.

    Told as of the moment when the parcel left, however late the e-mail is written: what left after
    it still follows for its reader. Of one that was voided since, and of gift cards, nothing is.
    """
    order = orders_queries.admin_view(order_id)
    sent = [
        one
        for one in fulfilment_queries.fulfilments_of_order(order_id)
        if one["status"] in ("shipped", "delivered")
    ]
    sent.sort(key=lambda one: (one["shipped_at"], one["id"]))
    place = next((at for at, one in enumerate(sent) if one["id"] == fulfilment_id), None)
    if place is None or fulfilment_queries.is_by_email(sent[place]):
        return
    packed, later = units_in(sent[place : place + 1]), units_in(sent[place + 1 :])
    still_open = {
        line["id"]: line["open_quantity"] + later.get(line["id"], 0) for line in order["lines"]
    }
    to_customer(
        EmailKind.ORDER_SHIPPED,
        fulfilment_id,
        order,
        parcel=sent[place],
        is_first=place == 0,
        packed=named(order, packed),
        still_open=named(order, still_open),
    )


def order_delivered(fulfilment_id: UUID, order_id: UUID) -> None:
    """Tell that a parcel arrived, where the shop tells this; not days later, from an old file."""
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    arrived_at = parcel["delivered_at"]
    if not current_settings().mails_deliveries or arrived_at is None:
        return
    if clock.now() - arrived_at > MAILED_WITHIN:
        return
    order = orders_queries.admin_view(order_id)
    packed = units_in([parcel])
    to_customer(
        EmailKind.ORDER_DELIVERED,
        fulfilment_id,
        order,
        parcel=parcel,
        packed=named(order, packed),
        is_part=any(line["quantity"] > packed.get(line["id"], 0) for line in order["lines"]),
    )


def parcel_corrected(fulfilment_id: UUID, order_id: UUID, correction_id: UUID) -> None:
    """Tell by which number a parcel is followed after all; not when that was told already."""
    order = orders_queries.admin_view(order_id)
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    told = queries.texts(EmailKind.ORDER_SHIPPED, fulfilment_id)
    number = parcel["tracking_number"]
    is_known = number and number in told.get(order["email"], "")
    if parcel["status"] != "shipped" or is_known:
        return
    to_customer(EmailKind.PARCEL_CORRECTED, correction_id, order, parcel=parcel, packed=[])


def parcel_voided(fulfilment_id: UUID, order_id: UUID) -> None:
    """Tell that a parcel is not on its way after all, and what was in it."""
    order = orders_queries.admin_view(order_id)
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    to_customer(
        EmailKind.PARCEL_CORRECTED, fulfilment_id, order,
        parcel=parcel, packed=named(order, units_in([parcel])),
    )  # fmt: skip


def order_cancelled(order_id: UUID, reason: str) -> None:
    """Tell that the order will not be carried out, and what happens to its money.

    Money goes back when a refund was made here: not what a bank took, or what went back before.
    """
    goes_back = any(
        one["origin"] == "shop" and one["status"] != "failed"
        for one in returns_queries.refunds_of_order(order_id)
    )
    order = orders_queries.admin_view(order_id)
    to_customer(
        EmailKind.ORDER_CANCELLED,
        order_id,
        order,
        reason=reason,
        goes_back=goes_back,
        is_returned=payments_queries.has_voided_tender(order_id),
    )


def order_refunded(refund_id: UUID, order_id: UUID, amount: Money) -> None:
    """Tell that money is on its way back, and which way."""
    refund = payments_queries.refund(refund_id)
    to_customer(
        EmailKind.ORDER_REFUNDED,
        refund_id,
        orders_queries.admin_view(order_id),
        amount=amount,
        refunded_to=None if refund is None else refund.destination,
    )


def back_in_stock(request_id: UUID) -> None:
    """Tell somebody who waited that it is there again, with a link that ends such e-mails.

    The secret of the link is stored nowhere as it is, as with a forgotten password. Who does not
    want it any more gets no e-mail.
    """
    told = back_in_stock_queries.email_of(request_id)
    if told is None:
        return
    shop = shop_address()

    def made() -> dict[str, object] | None:
        token = back_in_stock_service.make_cancel_token(request_id)
        # Behind the `#` no server ever sees the secret, and no log keeps it.
        return None if token is None else {"link": f"{shop}/stock-requests/cancel#token={token}"}

    send_secret(
        EmailKind.BACK_IN_STOCK,
        request_id,
        told.email,
        {
            "name": told.name,
            "title": told.title,
            "variant_title": told.variant_title,
            "product_link": f"{shop}/products/{told.slug}",
            "link": SECRET_LEFT_OUT,
        },
        made,
        moot="Its reader did not want it any more.",
    )


def low_stock(level_id: UUID, occasion: UUID, *, available: int, threshold: int) -> None:
    """Tell the shop that something runs low; once for each time that it falls."""
    _to_staff(
        EmailKind.LOW_STOCK,
        occasion,
        level=queries.low_level(level_id),
        available=available,
        threshold=threshold,
    )


def attention_raised(item_id: UUID) -> None:
    """Tell the shop what is new on the attention list: about which order, and by when."""
    item = queries.attention_item(item_id)
    _to_staff(
        EmailKind.ATTENTION,
        item_id,
        what=item.kind.value.replace("_", " "),
        number=item.number,
        amount=None if item.amount is None else Money(item.amount, item.currency),
        reason=item.reason,
        due_at=item.due_at,
    )


def refund_failed(refund_id: UUID, order_id: UUID, amount: Money, reason: str) -> None:
    """Tell the shop about money that could not go back."""
    _to_staff(
        EmailKind.REFUND_FAILED,
        refund_id,
        number=queries.order_number(order_id),
        amount=amount,
        reason=reason,
    )


def units_in(parcels: Sequence[dict[str, Any]]) -> dict[UUID, int]:
    """Sum what is in parcels: units by order line."""
    units: dict[UUID, int] = {}
    for parcel in parcels:
        for line in parcel["lines"]:
            line_id = line["order_line_id"]
            units[line_id] = units.get(line_id, 0) + line["quantity"]
    return units


def named(order: dict[str, Any], units: dict[UUID, int]) -> list[tuple[dict[str, object], int]]:
    """Pair the lines of an order with their units, lines without any left out."""
    return [(line, units[line["id"]]) for line in order["lines"] if units.get(line["id"])]


def _agreed(order_id: UUID) -> dict[str, Any]:
    """Read an order for an e-mail that lists all that was agreed."""
    order = orders_queries.admin_view(order_id)
    return {**order, "lines": inventory_queries.with_back_orders(order_id, order["lines"])}


def _awaits_transfer(order: Mapping[str, object]) -> bool:
    awaits_payment = order["status"] == "placed" and order["paid_at"] is None
    return order["payment_method"] == "manual" and awaits_payment


def _how_to_pay(subject_id: UUID, order: dict[str, object], *, is_amended: bool) -> None:
    to_customer(EmailKind.ORDER_RECEIVED, subject_id, order, **_payment(is_amended))


def _render_how_to_pay(order: Mapping[str, object], *, is_amended: bool) -> tuple[str, str]:
    return _render(
        EmailKind.ORDER_RECEIVED, name=order["customer_name"], order=order, **_payment(is_amended)
    )


def _payment(is_amended: bool) -> dict[str, object]:
    return {
        "payment_instructions": current_settings().payment_instructions,
        "is_amended": is_amended,
    }


def to_customer(kind: EmailKind, subject_id: UUID, order: dict[str, Any], **more: object) -> None:
    """Write to the customer of an order, once for each subject."""
    _send(kind, subject_id, order["email"], name=order["customer_name"], order=order, **more)


def to_account(kind: EmailKind, subject_id: UUID, user_id: UUID, **context: object) -> None:
    """Write to the owner of an account."""
    contact = accounts_queries.contact(user_id)
    _send(kind, subject_id, contact.email, name=contact.full_name, email=contact.email, **context)


def _to_staff(kind: EmailKind, subject_id: UUID, **context: object) -> None:
    """Write to the shop itself; without an address for alerts nobody is written to."""
    settings = current_settings()
    if settings.staff_alert_email:
        _send(kind, subject_id, settings.staff_alert_email, **context)


def _send(kind: EmailKind, subject_id: UUID, recipient: str, **context: object) -> None:
    end_read_transaction()
    subject_line, text = _render(kind, **context)
    sending.send(
        EmailContent(
            kind=kind,
            subject_id=subject_id,
            recipient=recipient,
            subject_line=subject_line,
            text=text,
        )
    )


def send_secret(
    kind: EmailKind,
    subject_id: UUID,
    recipient: str,
    kept: dict[str, object],
    make: Callable[[], dict[str, object] | None],
    *,
    moot: str,
) -> None:
    """Send an e-mail with a secret that the list of e-mails does not keep.

    The secret is made only by the worker that has claimed the e-mail, because each new one makes
    the one before worthless. `make` answers None when there is nothing to tell any more.
    """
    end_read_transaction()
    subject_line, text = _render(kind, **kept)
    claimed = sending.create_and_claim(
        EmailContent(
            kind=kind,
            subject_id=subject_id,
            recipient=recipient,
            subject_line=subject_line,
            text=text,
            holds_secret=True,
        )
    )
    if claimed is None:
        return
    with transaction():
        told = make()
        if told is None:
            service.record_rejected(claimed, moot)
    if told is not None:
        sending.deliver(claimed, _render(kind, **kept | told)[1])


def shop_address() -> str:
    """Return where the storefront is, for links."""
    return str(current_settings().public_url).rstrip("/")


def _render(kind: EmailKind, **context: Any) -> tuple[str, str]:
    settings = current_settings()
    shop = {"shop_name": settings.shop_name, "public_url": settings.public_url}
    language = context.get("order", context).get("language") or settings.languages[0]
    return rendering.render(kind, language, zone=settings.zone, **shop, **context)
