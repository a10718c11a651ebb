"""Wire models: the JSON of the API as frozen dataclasses.

Names are the wire's own. A field without a default must be in the answer; one that may be null
says so. `Money` and ids never change their form between here and the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from console.client.bin_models import Bin
from console.client.change_models import Worker
from console.client.doctor import DoctorLight
from console.client.hold_models import Dispute, FraudWarning, Hold, OrderAttention
from console.client.money import Money as Money
from console.client.note_models import OrderDiscount, OrderNote, Reference, TimelineEvent, VatId
from console.client.order_gift import OrderGift
from console.client.parcel_models import Fulfilment as Fulfilment
from console.client.parcel_models import FulfilmentLine as FulfilmentLine
from console.client.parcel_models import ShippingSaving
from console.client.refund_models import QuotedLine as QuotedLine
from console.client.refund_models import Refund as Refund
from console.client.refund_models import RefundLine as RefundLine
from console.client.refund_models import RefundQuote as RefundQuote
from console.client.refund_models import RefundTransaction as RefundTransaction

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff as the shop knows them."""

    id: str
    email: str
    full_name: str
    role: str
    permissions: tuple[str, ...]

    def may(self, permission: str) -> bool:
        """Whether the shop would let this person do it; the shop itself has the last word."""
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class SignIn:
    """The answer to a sign-in or a refresh; `expires_in` is in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: Person
    device_token: str = ""


@dataclass(frozen=True, slots=True)
class PageCursor:
    """Where a list answer stands in its list."""

    limit: int
    next_cursor: str | None
    has_more: bool
    total: int | None = None
    total_is_capped: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, in the shop's order."""

    rows: tuple[Row, ...]
    mark: PageCursor


@dataclass(frozen=True, slots=True)
class BackupsState:
    """Whether backups are made, and when one last proved that it can be restored."""

    state: str
    last_backup_at: datetime | None
    last_proved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The day in figures."""

    to_ship: int
    unpaid: int
    low_stock: int
    shipped_today: int
    needs_attention: int
    oldest_to_ship_at: datetime | None
    backups: BackupsState
    currency: str
    worker: Worker | None = None
    doctor: DoctorLight | None = None
    awaiting_approval: int = 0


@dataclass(frozen=True, slots=True)
class OrderCard:
    """One order as a row of a list."""

    id: str
    number: str
    placed_at: datetime
    status: str
    payment_status: str
    fulfilment_status: str
    customer_name: str
    email: str | None
    unit_count: int
    open_unit_count: int
    total: Money
    ship_country: str | None
    on_hold: bool
    version: int
    tags: tuple[str, ...]
    ships_with: tuple[str, ...] | None  # could leave in one parcel with it; None: not looked for


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel or a bill goes, as it was agreed."""

    name: str
    company: str | None
    line1: str
    line2: str | None
    city: str
    region: str | None
    postal_code: str | None
    country: str
    phone: str | None
    phone_e164: str | None
    label_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Barcode:
    """A code on goods, and how many units it means: 1, or what is in a case."""

    code: str
    pack_quantity: int


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order; quantities in units, money as agreed at checkout."""

    id: str
    sku: str
    title: str
    variant_title: str | None
    barcode: str | None
    quantity: int
    shipped_quantity: int
    cancelled_quantity: int
    refunded_quantity: int
    open_quantity: int
    refundable_quantity: int
    unit_price: Money
    discount: Money
    total: Money
    tax: Money
    barcodes: tuple[Barcode, ...]
    """By which codes the goods are known now."""

    must_verify: bool
    """Whether the shop wants each unit scanned before it ships."""

    note: str | None
    properties: dict[str, str]
    back_ordered_quantity: int = 0
    """Open units that are back-ordered: they are not here yet."""

    @property
    def ready_quantity(self) -> int:
        """Units that can be shipped now."""
        return self.open_quantity - self.back_ordered_quantity

    @property
    def name(self) -> str:
        """What is on the label of the goods: title and variant."""
        return f"{self.title} · {self.variant_title}" if self.variant_title else self.title


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in, and how much of it went back."""

    id: str
    provider: str
    status: str
    amount: Money
    captured: Money
    refunded: Money
    charged_back: Money
    reference: str | None
    created_at: datetime
    risk_level: str | None
    failed_checks: tuple[str, ...]

    @property
    def is_money(self) -> bool:
        """Whether it is money, and neither a gift card nor store credit."""
        return self.provider not in {"gift_card", "store_credit"}

    @property
    def kept(self) -> Money:
        """What is still here of it: neither refunded nor charged back."""
        return self.captured - self.refunded - self.charged_back


@dataclass(frozen=True, slots=True)
class OrderDetail(OrderCard):
    """Everything there is to know about one order."""

    shipping_address: Address | None
    billing_address: Address | None
    shipping_method: str | None
    carrier: str | None
    promised_ship_at: datetime | None
    promised_delivery_at: datetime | None
    customer_note: str | None
    gift_message: str | None
    ip_country: str | None
    notes: tuple[OrderNote, ...]
    references: tuple[Reference, ...]
    gift: OrderGift | None
    vat_id: VatId | None
    lines: tuple[OrderLine, ...]
    subtotal: Money
    shipping_total: Money
    discount_total: Money
    shipping_discount: Money
    discounts: tuple[OrderDiscount, ...]
    tax_total: Money
    captured: Money
    refunded: Money
    charged_back: Money
    refund_pending: Money
    refundable: Money
    refundable_shipping: Money
    due: Money
    overpaid: Money
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    fulfilments: tuple[Fulfilment, ...]
    shipping_savings: tuple[ShippingSaving, ...]
    holds: tuple[Hold, ...]
    disputes: tuple[Dispute, ...]
    fraud_warnings: tuple[FraudWarning, ...]
    attention: tuple[OrderAttention, ...]
    timeline: tuple[TimelineEvent, ...]
    customer_id: str | None
    store_credit: Money | None
    """What the customer holds; None for a guest."""

    exchanged: Money | None = None
    """What exchanged or claimed units pay of others."""

    def line(self, line_id: str) -> OrderLine | None:
        """The line with this id, if the order has it."""
        return next((line for line in self.lines if line.id == line_id), None)

    @property
    def on_their_way(self) -> tuple[Fulfilment, ...]:
        """Parcels that were shipped and have not arrived."""
        return tuple(one for one in self.fulfilments if one.status == "shipped")

    @property
    def open_units(self) -> int:
        """Units still to ship."""
        return sum(line.open_quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class Location:
    """A place that holds stock."""

    id: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class StockLevel:
    """How much of one variant stands at one location."""

    id: str
    variant_id: str
    sku: str
    barcode: str | None
    product_title: str
    variant_title: str | None
    location: Location
    on_hand: int
    allocated: int
    reserved: int
    available: int
    low_stock_threshold: int | None
    version: int
    last_moved_at: datetime | None
    damaged: int = 0
    quarantine: int = 0
    safety_stock: int = 0
    back_ordered: int = 0
    """Units that orders wait for; they are not among those on hand."""

    @property
    def name(self) -> str:
        """Product and variant, as an operator says it."""
        return " · ".join(filter(None, (self.product_title, self.variant_title)))

    @property
    def is_low(self) -> bool:
        """Whether less is free than the shop wants to keep."""
        left = self.available - self.back_ordered
        return self.low_stock_threshold is not None and left <= self.low_stock_threshold


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry of a level's journal."""

    id: str
    at: datetime
    kind: str
    on_hand_change: int
    allocated_change: int
    reserved_change: int
    on_hand_after: int
    reason: str | None
    note: str | None
    actor: str | None
    reference: str | None
    back_ordered_change: int = 0


@dataclass(frozen=True, slots=True)
class ScannedVariant:
    """A variant found by its SKU or barcode, with its levels at every location."""

    id: str
    sku: str
    barcode: str | None
    product_title: str
    title: str | None
    levels: tuple[StockLevel, ...]
    pack_quantity: int
    lot_tracking: str = ""
    lot: str | None = None
    expires_on: str | None = None
    """How many units the scanned code means."""


@dataclass(frozen=True, slots=True)
class ScannedFulfilment:
    """A parcel found by its number or its carrier's; its order comes with it."""

    id: str
    number: str
    status: str
    carrier: str | None
    tracking_number: str | None


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What a scanned code turned out to be."""

    kind: str
    id: str
    label: str
    order: OrderCard | None = None
    variant: ScannedVariant | None = None
    fulfilment: ScannedFulfilment | None = None
    bin: Bin | None = None
