"""The kinds of records, each with what is shown of it and what may be done to it."""

from __future__ import annotations

from console.flows.records import (
    carriers,
    customers,
    drafts,
    lots,
    packing,
    people,
    picking,
    printing,
    promotions,
    purchasing,
    returns,
    shipping,
    stored_value,
    taxes,
    together,
    warehouse,
)
from console.flows.records.shapes import Field, Input, Kind, RecordCommand

FORMATS = ("csv", "jsonl", "shopify", "xlsx")
LABEL = (
    Input("tracking_number", "tracking number, or Enter for none:", "tracking",
          start="tracking_number", is_optional=True),
    Input("carrier", "carrier:", "carrier", start="carrier"),
)  # fmt: skip
"""The number first: most numbers tell whose they are."""

NAME = Input("name", "name:", start="name", is_optional=True)
IN_USE = Input("is_active", "in use, yes or no:", "yes", start="is_active", is_optional=True)
MADE = Field("Made", "created_at", "when", 12, from_width=70)
STATE = Field("State", "status", "state", 11)

NEW_CATEGORY = (
    Input("name", "name:"),
    Input("description", "description, or Enter:", is_optional=True),
)

PARCELS = Kind(
    "parcels", "parcel", "The parcels of an order: what is in them and where they are",
    "/orders/{about}/fulfilments",
    (
        Field("Parcel", "number", width=12),
        STATE,
        Field("Units", "lines", "units", 5),
        Field("Carrier", "carrier", width=8),
        Field("Tracking number", "tracking_number", width=16, grow=1),
        Field("Left", "shipped_at", "when", 12, from_width=76),
    ),
    (
        Field("delivered", "delivered_at", "when"),
        Field("link", "tracking_url"),
        Field("made", "created_at", "when"),
        Field("by", "created_by"),
        Field("not checked", "override_reason"),
        Field("voided", "voided_at", "when"),
        Field("one box with", "packed_with.number"),
        Field("on its way", "tracking_status", "state"),
        Field("since", "tracking_status_at", "when"),
    ),
    (
        RecordCommand("deliver_parcel", "d", "delivered", "The parcel has arrived",
             "/fulfilments/{id}/deliver", "fulfilment:write",
             "Has {name} arrived? It is then delivered, and the order as far as it is in it.",
             allowed_states=("shipped",)),
        RecordCommand("ship_parcel", "s", "ship", "Hand an open parcel to a carrier",
             "/fulfilments/{id}/ship", "fulfilment:write",
             "Ship {name}? The customer gets an e-mail.", allowed_states=("open",),
             fields=(*LABEL, Input("override_reason", "not checked unit by unit: why, or Enter:",
                                   is_optional=True))),
        RecordCommand("correct_parcel", "t", "tracking",
             "Put its carrier or its tracking number right",
             "/fulfilments/{id}/correct", "fulfilment:write",
             "Put the label of {name} right? The customer gets an e-mail with it.", fields=LABEL,
             allowed_states=("shipped",)),
        RecordCommand("void_parcel", "v", "void", "It never left: its goods are reserved again",
             "/fulfilments/{id}/void", "fulfilment:write",
             "Void {name}? Its goods are reserved again; the customer of a carrier is told.",
             fields=(Input("reason", "why (needed of a pick-up):", is_optional=True),),
             allowed_states=("shipped", "picked_up")),
        RecordCommand("prepare_pickup", "r", "ready", "Put all that is left aside for pick-up",
             "/orders/{about}/prepare-pickup", "fulfilment:write",
             "Is everything that is left ready for pick-up? The customer gets an e-mail.",
             fields=(Input("override_reason", "not checked unit by unit: why, or Enter:",
                           is_optional=True),), is_new=True),
        RecordCommand("pick_up_parcel", "p", "picked up", "Its customer has taken it along",
             "/fulfilments/{id}/pick-up", "fulfilment:write",
             "Has the customer picked {name} up? Its goods leave the stock.",
             allowed_states=("ready_for_pickup",)),
        RecordCommand("drop_parcel", "c", "cancel", "Unpack an open parcel: its goods wait again",
             "/fulfilments/{id}/cancel", "fulfilment:write",
             "Unpack {name}? Nothing is shipped, its goods wait to be shipped again.",
             allowed_states=("open", "ready_for_pickup")),
        RecordCommand("open_parcel", "o", "pack",
             "Pack all that is left into a parcel that leaves later",
             "/orders/{about}/fulfilments", "fulfilment:write",
             "Pack everything that is left into one open parcel? s ships it later.", is_new=True),
        carriers.BUY,
        *together.SAVED,
    ),
    item="/fulfilments/{id}", about="path", named_by="number",
)  # fmt: skip

EMAILS = Kind(
    "emails", "e-mail", "E-mails to customers and staff: what was sent, what failed",
    "/emails",
    (
        Field("What", "subject_line", width=20, grow=2),
        Field("To", "recipient", width=18, grow=1),
        Field("State", "status", "state", 10),
        Field("Tries", "attempts", "count", 5, from_width=84),
        Field("Made", "created_at", "when", 12, from_width=72),
    ),
    (
        Field("sent", "sent_at", "when"),
        Field("sent again", "resends", "count"),
        Field("problem", "last_error"),
        Field("request", "request_id"),
        Field("", "text"),
    ),
    (
        RecordCommand("resend_email", "r", "send again", "Send the e-mail again",
             "/emails/{id}/resend",
             "orders:write", "Send '{name}' to {recipient} again?",
             allowed_states=("sent", "failed")),
    ),
    alias="emails", needs="customers:read", item="/emails/{id}", about="subject_ids",
    views=(("all", ()), ("failed", (("status", "failed"),)), ("waiting", (("status", "pending"),))),
    named_by="subject_line", title="E-mails",
)  # fmt: skip

CATEGORIES = Kind(
    "categories", "category", "The tree of categories, and what storefronts see of it",
    "/categories",
    (
        Field("Category", "name", width=16, grow=1),
        Field("Where", "path", width=24, grow=2),
        Field("Order", "position", "count", 5, from_width=70),
        Field("Visible", "is_visible", "yes", 7),
        Field("In shop", "is_shown", "yes", 7),
    ),
    (
        Field("address", "slug"),
        Field("search title", "seo_title"),
        Field("search text", "seo_description"),
        Field("", "description"),
    ),
    (
        RecordCommand("new_category", "n", "new", "A new category at the top of the tree",
             "/categories",
             "catalog:write", "Make this category?", fields=NEW_CATEGORY, is_new=True),
        RecordCommand("new_below", "b", "below", "A new category below this one", "/categories",
             "catalog:write", "Make this category below {name}?", fields=NEW_CATEGORY,
             copied=(("parent_id", "id"),)),
        RecordCommand("edit_category", "e", "change", "Another name, order or description",
             "/categories/{id}", "catalog:write", "Change {name}?", method="PATCH",
             fields=(NAME,
                     Input("position", "shown in which order:", "number", start="position",
                           is_optional=True),
                     Input("description", "description:", start="description", is_optional=True))),
        RecordCommand("hide_category", "h", "hide",
             "Hide it from storefronts, with all that stands below "
             "it", "/categories/{id}", "catalog:write",
             "Hide {name} and all below it from storefronts? Their products stay on sale.",
             method="PATCH", constants=(("is_visible", False),), allowed_states=(True,),
             refusal="It is hidden already"),
        RecordCommand("show_category", "u", "show", "Show it in storefronts again",
             "/categories/{id}",
             "catalog:write", "Show {name} in storefronts, unless one above it is hidden?",
             method="PATCH", constants=(("is_visible", True),), allowed_states=(False,),
             refusal="It is visible already"),
        RecordCommand("drop_category", "d", "delete", "Delete an empty category for good",
             "/categories/{id}", "catalog:write", "Delete {name} for good?", method="DELETE"),
    ),
    alias="categories", needs="catalog:read", item="/categories/{id}", state="is_visible",
    is_whole=True,
)  # fmt: skip

LOCATIONS = Kind(
    "locations", "location", "Places that hold stock", "/locations",
    (
        Field("Code", "code", width=12),
        Field("Name", "name", width=24, grow=1),
        Field("Order", "priority", "count", 5),
        Field("In use", "is_active", "yes", 6),
    ),
    (Field("references", "references", "references"),),
    (
        RecordCommand("new_location", "n", "new", "A new place for stock", "/locations",
             "locations:write", "Make this place?",
             fields=(Input("code", "code, such as A-02:"), Input("name", "name:"),
                     Input("priority", "taken from in which order (1 first), or Enter:", "number",
                           is_optional=True)),
             is_new=True),
        RecordCommand("refer_location", "g", "reference", "What another system calls it; nothing "
             "removes it", "/locations/{id}/references", "locations:write",
             "Write this reference of {name}?", fields=customers.REFERENCE),
        RecordCommand("edit_location", "e", "change", "Another name or order, or no longer in use",
             "/locations/{id}", "locations:write", "Change {name}?", method="PATCH",
             fields=(NAME,
                     Input("priority", "taken from in which order:", "number", start="priority",
                           is_optional=True),
                   IN_USE)),
    ),
    alias="locations", needs="inventory:read", item="/locations/{id}", state="is_active",
)  # fmt: skip

WAITING = Kind(
    "waiting", "request", "Who waits for goods that are out: the most wanted first",
    "/stock-requests",
    (
        Field("SKU", "sku", width=14),
        Field("Product", "title", width=20, grow=2),
        Field("Variant", "variant_title", width=14, grow=1, from_width=70),
        Field("Wait", "waiting", "count", 5),
        Field("Since", "since", "age", 5),
        Field("In stock", "in_stock", "yes", 8),
    ),
    (), alias="waiting", needs="customers:read", named_by="sku", state="in_stock",
)  # fmt: skip

IMPORTS = Kind(
    "imports", "import", "Catalogues that were moved in, and what went wrong", "/imports",
    (
        Field("File", "filename", width=20, grow=1),
        Field("Format", "format", width=11),
        STATE,
        Field("Only tried", "is_dry_run", "yes", 10),
        Field("Rows", "progress.rows_read", "count", 8),
        MADE,
    ),
    (
        Field("finished", "finished_at", "when"),
        Field("problem", "error"),
        Field("result", "result", "list"),
    ),
    (
        RecordCommand("run_import", "s", "run", "Do for good what was only tried",
             "/imports/{id}/run",
             "imports:write", "Import {name} for good?", allowed_states=("completed",)),
        RecordCommand("stop_import", "c", "stop", "Stop it where it is", "/imports/{id}/cancel",
             "imports:write", "Stop importing {name}? What is in stays in.",
             allowed_states=("pending", "running")),
        RecordCommand("undo_import", "u", "undo", "Undo what it brought", "/imports/{id}/undo",
             "imports:write", "Undo everything that {name} brought?",
             allowed_states=("completed", "failed", "cancelled")),
    ),
    alias="imports", needs="imports:write", item="/imports/{id}", below="/imports/{id}/errors",
    below_shown=(Field("Row", "row", "count", 6), Field("Column", "column", width=14),
                 Field("Value", "value", width=14), Field("Why", "reason", width=20, grow=1)),
    named_by="filename",
)  # fmt: skip

EXPORTS = Kind(
    "exports", "export", "The catalogue as a file", "/exports",
    (
        Field("Format", "format", width=12, grow=1),
        STATE,
        Field("Rows", "rows_written", "count", 8),
        Field("Bytes", "size_bytes", "count", 10),
        MADE,
    ),
    (Field("kept until", "expires_at", "when"), Field("problem", "error")),
    (
        RecordCommand("new_export", "n", "new", "Write the catalogue into a file", "/exports",
             "imports:write", "Write it?", fields=(Input("format", "format:", "choice", FORMATS),),
             is_new=True),
        RecordCommand("stop_export", "c", "stop", "Stop writing", "/exports/{id}/cancel",
             "imports:write",
             "Stop this export?", allowed_states=("pending", "running")),
    ),
    alias="exports", needs="imports:write", item="/exports/{id}", named_by="format",
)  # fmt: skip

KINDS = {
    one.name: people.with_history(one)
    for one in (
        PARCELS, EMAILS, CATEGORIES, LOCATIONS, WAITING, IMPORTS, EXPORTS,
        *customers.KINDS, *shipping.KINDS, *taxes.KINDS, *promotions.KINDS, *purchasing.KINDS,
        *lots.KINDS, *together.KINDS, *packing.KINDS, *carriers.KINDS,
        *stored_value.KINDS, *drafts.KINDS, *people.KINDS, *warehouse.KINDS, *picking.KINDS,
        *printing.KINDS, *returns.KINDS,
    )
}  # fmt: skip
"""Every kind by the name of its screen."""
