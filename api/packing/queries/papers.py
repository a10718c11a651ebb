"""What is printed of a parcel: its slip and its label."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from api.documents import words
from api.documents.parcel_label import ParcelLabel
from api.documents.slips import Slip
from api.fulfilment import queries as fulfilment_queries
from api.fulfilment.models import Fulfilment
from api.fulfilment.states import FulfilmentState
from api.kernel.money import Money
from api.kernel.text_folding import counted
from api.orders.models import Order, OrderLine
from api.packing.models import PackingSession
from api.packing.queries.boxes import box_of
from api.platform.addresses import label_lines
from api.platform.bulk_sql import any_of
from api.platform.db import session
from api.platform.settings import current_settings
from api.returns.queries import settings as returns_queries


def is_parcel_open(fulfilment_id: UUID) -> bool:
    """Whether a parcel is neither shipped nor cancelled."""
    status = session.scalar(select(Fulfilment.status).where(Fulfilment.id == fulfilment_id))
    return status is FulfilmentState.OPEN


def slip_of(fulfilment_id: UUID, *, has_prices: bool = False) -> Slip:
    """Return the packing slip of a parcel, in the language of its order.

    Without prices it is a gift slip where the order has a gift message. With prices it has the
    shares of what is in this parcel, after discounts and with tax, and the sums of the whole order.
    Raises `FulfilmentNotFound`.
    """
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    order = session.execute(
        select(
            *(Order.number, Order.placed_at, Order.shipping_address, Order.gift_message),
            *(Order.language, Order.currency, Order.shipping_total, Order.total),
        ).where(Order.id == parcel["order_id"])
    ).one()
    units = {line["order_line_id"]: line["quantity"] for line in parcel["lines"]}
    lines = session.execute(
        select(
            *(OrderLine.id, OrderLine.sku, OrderLine.title, OrderLine.variant_title),
            *(OrderLine.quantity, OrderLine.total),
        )
        .where(any_of(OrderLine.id, set(units)))
        .order_by(OrderLine.position)
    ).all()
    language = words.spoken(returns_queries.language_for(order))
    said, settings = words.words(language), current_settings()
    is_gift = bool(order.gift_message) and not has_prices
    rows = [
        (
            str(units[line.id]),
            " · ".join(part for part in (line.title, line.variant_title) if part),
            line.sku,
        )
        for line in lines
    ]
    heads = (said["units"], said["item"], said["sku"])
    placed = words.day(order.placed_at.astimezone(settings.zone), language)
    slip = Slip(
        title=said["gift_slip" if is_gift else "packing_slip"],
        code=parcel["number"],
        facts=((said["order"], order.number), (said["placed"], placed)),
        heads=heads,
        rows=rows,
        address_head=said["to"],
        address=label_lines(order.shipping_address),
        text=order.gift_message or "" if is_gift else "",
        shop=settings.shop_name,
        language=language,
    )
    if not has_prices:
        return slip
    shares = [
        Money(line.total, order.currency).allocate(
            [units[line.id], line.quantity - units[line.id]]
        )[0]
        for line in lines
    ]
    sums = (
        (said["in_parcel"], sum(shares, Money(0, order.currency))),
        (said["shipping"], Money(order.shipping_total, order.currency)),
        (said["total"], Money(order.total, order.currency)),
    )
    return replace(
        slip,
        heads=(*heads, said["amount"]),
        rows=[
            (*row, words.money(share, language)) for row, share in zip(rows, shares, strict=True)
        ],
        widths=(16, 82, 42, 30),
        has_amounts=True,
        sums=[(name, words.money(amount, language)) for name, amount in sums],
    )


def return_slip_of(fulfilment_id: UUID) -> Slip:
    """Return a slip to be filled in by hand, for a customer who sends goods of a parcel back.

    Its barcode is that of the parcel. Raises `FulfilmentNotFound`.
    """
    slip = slip_of(fulfilment_id)
    texts, settings = returns_queries.texts_of(slip.language), current_settings()
    reasons = [one.label(slip.language) for one in returns_queries.reasons() if one.is_active]
    numbered = "\n".join(f"{number}  {reason}" for number, reason in enumerate(reasons, start=1))
    return replace(
        slip,
        title=texts["slip_title"],
        heads=(texts["slip_units"], texts["slip_goods"], texts["slip_reason"]),
        rows=[(f"__ / {units}", f"{item} ({sku})", "") for units, item, sku in slip.rows],
        address_head=texts["slip_send_to"],
        address=[part.strip() for part in settings.return_address.split(",") if part.strip()],
        text=f"{texts['slip_reason']}:\n{numbered}\n\n{texts['instructions']}",
    )


def label_of(fulfilment_id: UUID) -> ParcelLabel:
    """Return the label of a packed parcel. Raises `FulfilmentNotFound`."""
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    row = session.execute(
        select(
            *(Order.shipping_address, Order.shipping_method, Order.ship_country),
            *(PackingSession.weight_grams, PackingSession.box_type_id),
        )
        .join(PackingSession, PackingSession.order_id == Order.id)
        .where(PackingSession.fulfilment_id == fulfilment_id)
    ).one()
    box = box_of(row.box_type_id)
    facts = [counted(sum(line["quantity"] for line in parcel["lines"]), "unit")]
    facts += [f"{row.weight_grams / 1000:.2f} kg"] if row.weight_grams else []
    facts += [f"box {box.name}"] if box else []
    carrier = parcel["carrier"] or fulfilment_queries.carrier_of(row.shipping_method)
    return ParcelLabel(
        shop=current_settings().shop_name,
        code=parcel["number"],
        carrier=carrier or row.shipping_method["name"],
        address=label_lines(row.shipping_address),
        country=row.ship_country,
        facts=", ".join(facts),
    )
