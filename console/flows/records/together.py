"""Orders that could leave in one parcel with another one."""

from __future__ import annotations

from console.flows.records.shapes import Field, Kind, RecordCommand

SHIPS_WITH = Kind(
    "ships_with", "order", "Orders of the same customer to the same address, ready to ship",
    "/orders/{about}/ships-with",
    (
        Field("Order", "number", width=10),
        Field("Customer", "customer_name", width=18, grow=1),
        Field("Units", "open_unit_count", "count", 5),
        Field("Total", "total", "money", 12),
        Field("Placed", "placed_at", "when", 12, from_width=70),
    ),
    (),
    (
        RecordCommand("pack_together", "j", "one parcel", "Pack both orders in one parcel, with "
             "one label", "/orders/{about}/pack-together", "fulfilment:write",
             "Pack what is left of {name} in one parcel with this order? They stay two orders; the "
             "shipping that is saved is proposed as a refund.", copied=(("order_id", "id"),)),
    ),
    about="path", named_by="number", title="Ships with", state="fulfilment_status",
)  # fmt: skip

SAVED = (
    RecordCommand("refund_saved", "b", "give back", "Give the shipping back that two orders in one "
         "parcel saved", "/fulfilments/{id}/refund-shipping", "orders:refund",
         "Give back the shipping that was paid in vain, as {name} shares its box?",
         allowed_states=("shipped", "delivered")),
    RecordCommand("keep_saved", "n", "keep it", "Keep the shipping that two orders in one parcel "
         "saved", "/fulfilments/{id}/keep-shipping", "orders:refund",
         "Keep the shipping that {name} saved? Nothing is given back.",
         allowed_states=("shipped", "delivered")),
)  # fmt: skip

KINDS = (SHIPS_WITH,)
