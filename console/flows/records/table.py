"""The kinds of records, each with what is shown of it and what may be done to it."""

from __future__ import annotations

from console.flows.records import people
from console.flows.records.shapes import Asked, Kind, Shown, Verb

FORMATS = ("csv", "jsonl", "shopify", "xlsx")
LABEL = (
    Asked("tracking_number", "tracking number, or Enter for none:", "tracking",
          start="tracking_number", is_optional=True),
    Asked("carrier", "carrier:", "carrier", start="carrier"),
)  # fmt: skip
"""The number first: most numbers tell whose they are."""

NAME = Asked("name", "name:", start="name", is_optional=True)
IN_USE = Asked("is_active", "in use, yes or no:", "yes", start="is_active", is_optional=True)
MADE = Shown("Made", "created_at", "when", 12, from_width=70)
STATE = Shown("State", "status", "state", 11)

NEW_CATEGORY = (
    Asked("name", "name:"),
    Asked("description", "description, or Enter:", is_optional=True),
)

PARCELS = Kind(
    "parcels", "parcel", "The parcels of an order: what is in them and where they are",
    "/orders/{about}/fulfilments",
    (
        Shown("Parcel", "number", width=12),
        STATE,
        Shown("Units", "lines", "units", 5),
        Shown("Carrier", "carrier", width=8),
        Shown("Tracking number", "tracking_number", width=16, grow=1),
        Shown("Left", "shipped_at", "when", 12, from_width=76),
    ),
    (
        Shown("delivered", "delivered_at", "when"),
        Shown("link", "tracking_url"),
        Shown("made", "created_at", "when"),
        Shown("by", "created_by"),
        Shown("not checked", "override_reason"),
        Shown("voided", "voided_at", "when"),
    ),
    (
        Verb("deliver_parcel", "d", "delivered", "The parcel has arrived",
             "/fulfilments/{id}/deliver", "fulfilment:write",
             "Has {name} arrived? It is then delivered, and the order as far as it is in it.",
             fits=("shipped",)),
        Verb("ship_parcel", "s", "ship", "Hand an open parcel to a carrier",
             "/fulfilments/{id}/ship", "fulfilment:write",
             "Ship {name}? The customer gets an e-mail.", fits=("open",),
             asks=(*LABEL, Asked("override_reason", "not checked unit by unit: why, or Enter:",
                                   is_optional=True))),
        Verb("correct_parcel", "t", "tracking", "Put its carrier or its tracking number right",
             "/fulfilments/{id}/correct", "fulfilment:write",
             "Put the label of {name} right? The customer gets an e-mail with it.", asks=LABEL,
             fits=("shipped",)),
        Verb("void_parcel", "v", "void", "It never left: its goods are reserved again",
             "/fulfilments/{id}/void", "fulfilment:write",
             "Void {name}? Its goods are reserved again, and the customer is told.",
             asks=(Asked("reason", "why, or Enter:", is_optional=True),), fits=("shipped",)),
        Verb("drop_parcel", "c", "cancel", "Unpack an open parcel: its goods wait again",
             "/fulfilments/{id}/cancel", "fulfilment:write",
             "Unpack {name}? Nothing leaves the house, its goods wait to be shipped again.",
             fits=("open",)),
        Verb("open_parcel", "o", "pack", "Pack all that is left into a parcel that leaves later",
             "/orders/{about}/fulfilments", "fulfilment:write",
             "Pack everything that is left into one open parcel? s ships it later.", is_new=True),
    ),
    item="/fulfilments/{id}", about="path", named_by="number",
)  # fmt: skip

EMAILS = Kind(
    "emails", "e-mail", "E-mails to customers and staff: what was sent, what failed",
    "/letters",
    (
        Shown("What", "subject_line", width=20, grow=2),
        Shown("To", "recipient", width=18, grow=1),
        Shown("State", "status", "state", 10),
        Shown("Tries", "attempts", "count", 5, from_width=84),
        Shown("Made", "created_at", "when", 12, from_width=72),
    ),
    (
        Shown("sent", "sent_at", "when"),
        Shown("sent again", "resends", "count"),
        Shown("problem", "last_error"),
        Shown("request", "request_id"),
        Shown("", "text"),
    ),
    (
        Verb("resend_email", "r", "send again", "Send the e-mail again", "/letters/{id}/resend",
             "orders:write", "Send '{name}' to {recipient} again?", fits=("sent", "failed")),
    ),
    alias="emails", needs="customers:read", item="/letters/{id}", about="subject_ids",
    views=(("all", ()), ("failed", (("status", "failed"),)), ("waiting", (("status", "pending"),))),
    named_by="subject_line", title="E-mails",
)  # fmt: skip

CATEGORIES = Kind(
    "categories", "category", "The tree of categories, and what storefronts see of it",
    "/categories",
    (
        Shown("Category", "name", width=16, grow=1),
        Shown("Where", "path", width=24, grow=2),
        Shown("Order", "position", "count", 5, from_width=70),
        Shown("Visible", "is_visible", "yes", 7),
        Shown("In shop", "is_shown", "yes", 7),
    ),
    (
        Shown("address", "slug"),
        Shown("search title", "seo_title"),
        Shown("search text", "seo_description"),
        Shown("", "description"),
    ),
    (
        Verb("new_category", "n", "new", "A new category at the top of the tree", "/categories",
             "catalog:write", "Make this category?", asks=NEW_CATEGORY, is_new=True),
        Verb("new_below", "b", "below", "A new category below this one", "/categories",
             "catalog:write", "Make this category below {name}?", asks=NEW_CATEGORY,
             taken=(("parent_id", "id"),)),
        Verb("edit_category", "e", "change", "Another name, order or description",
             "/categories/{id}", "catalog:write", "Change {name}?", method="PATCH",
             asks=(NAME,
                   Asked("position", "shown in which order:", "number", start="position",
                         is_optional=True),
                   Asked("description", "description:", start="description", is_optional=True))),
        Verb("hide_category", "h", "hide", "Hide it from storefronts, with all that stands below "
             "it", "/categories/{id}", "catalog:write",
             "Hide {name} and all below it from storefronts? Their products stay on sale.",
             method="PATCH", fixed=(("is_visible", False),), fits=(True,),
             otherwise="It is hidden already"),
        Verb("show_category", "u", "show", "Show it in storefronts again", "/categories/{id}",
             "catalog:write", "Show {name} in storefronts, unless one above it is hidden?",
             method="PATCH", fixed=(("is_visible", True),), fits=(False,),
             otherwise="It is visible already"),
        Verb("drop_category", "d", "delete", "Delete an empty category for good",
             "/categories/{id}", "catalog:write", "Delete {name} for good?", method="DELETE"),
    ),
    alias="categories", needs="catalog:read", item="/categories/{id}", state="is_visible",
    is_whole=True,
)  # fmt: skip

LOCATIONS = Kind(
    "locations", "location", "Places that hold stock", "/locations",
    (
        Shown("Code", "code", width=12),
        Shown("Name", "name", width=24, grow=1),
        Shown("Order", "priority", "count", 5),
        Shown("In use", "is_active", "yes", 6),
    ),
    (),
    (
        Verb("new_location", "n", "new", "A new place for stock", "/locations",
             "locations:write", "Make this place?",
             asks=(Asked("code", "code, such as A-02:"), Asked("name", "name:"),
                   Asked("priority", "taken from in which order (1 first), or Enter:", "number",
                         is_optional=True)),
             is_new=True),
        Verb("edit_location", "e", "change", "Another name or order, or no longer in use",
             "/locations/{id}", "locations:write", "Change {name}?", method="PATCH",
             asks=(NAME,
                   Asked("priority", "taken from in which order:", "number", start="priority",
                         is_optional=True),
                   IN_USE)),
    ),
    alias="locations", needs="inventory:read", item="/locations/{id}", state="is_active",
)  # fmt: skip

WAITING = Kind(
    "waiting", "request", "Who waits for goods that are out: the most wanted first",
    "/stock-requests",
    (
        Shown("SKU", "sku", width=14),
        Shown("Product", "title", width=20, grow=2),
        Shown("Variant", "variant_title", width=14, grow=1, from_width=70),
        Shown("Wait", "waiting", "count", 5),
        Shown("Since", "since", "age", 5),
        Shown("In stock", "in_stock", "yes", 8),
    ),
    (), alias="waiting", needs="customers:read", named_by="sku", state="in_stock",
)  # fmt: skip

IMPORTS = Kind(
    "imports", "import", "Catalogues that were moved in, and what went wrong", "/imports",
    (
        Shown("File", "filename", width=20, grow=1),
        Shown("Format", "format", width=11),
        STATE,
        Shown("Only tried", "is_dry_run", "yes", 10),
        Shown("Rows", "progress.rows_read", "count", 8),
        MADE,
    ),
    (
        Shown("finished", "finished_at", "when"),
        Shown("problem", "error"),
        Shown("result", "result", "list"),
    ),
    (
        Verb("run_import", "s", "run", "Do for good what was only tried", "/imports/{id}/run",
             "imports:write", "Import {name} for good?", fits=("completed",)),
        Verb("stop_import", "c", "stop", "Stop it where it is", "/imports/{id}/cancel",
             "imports:write", "Stop importing {name}? What is in stays in.",
             fits=("pending", "running")),
        Verb("undo_import", "u", "undo", "Take back what it brought", "/imports/{id}/undo",
             "imports:write", "Take back everything that {name} brought?",
             fits=("completed", "failed", "cancelled")),
    ),
    alias="imports", needs="imports:write", item="/imports/{id}", below="/imports/{id}/errors",
    below_shown=(Shown("Row", "row", "count", 6), Shown("Column", "column", width=14),
                 Shown("Value", "value", width=14), Shown("Why", "reason", width=20, grow=1)),
    named_by="filename",
)  # fmt: skip

EXPORTS = Kind(
    "exports", "export", "The catalogue as a file", "/exports",
    (
        Shown("Format", "format", width=12, grow=1),
        STATE,
        Shown("Rows", "rows_written", "count", 8),
        Shown("Bytes", "size_bytes", "count", 10),
        MADE,
    ),
    (Shown("kept until", "expires_at", "when"), Shown("problem", "error")),
    (
        Verb("new_export", "n", "new", "Write the catalogue into a file", "/exports",
             "imports:write", "Write it?", asks=(Asked("format", "format:", "choice", FORMATS),),
             is_new=True),
        Verb("stop_export", "c", "stop", "Stop writing", "/exports/{id}/cancel", "imports:write",
             "Stop this export?", fits=("pending", "running")),
    ),
    alias="exports", needs="imports:write", item="/exports/{id}", named_by="format",
)  # fmt: skip

SHIPPING = Kind(
    "shipping_methods", "way of shipping", "How orders are shipped, where to and for how much",
    "/shipping-methods",
    (
        Shown("Code", "code", width=10),
        Shown("Name", "name", width=18, grow=1),
        Shown("Price", "price", "money", 10),
        Shown("Free from", "free_above", "money", 10),
        Shown("In use", "is_active", "yes", 6),
    ),
    (
        Shown("countries", "countries", "list"),
        Shown("days, least", "min_delivery_days", "count"),
        Shown("days, most", "max_delivery_days", "count"),
        Shown("tax class", "tax_class"),
    ),
    (
        Verb("edit_shipping", "e", "change", "Another name or price, or no longer in use",
             "/shipping-methods/{id}", "pricing:write", "Change {name}?", method="PATCH",
             asks=(NAME,
                   Asked("price", "price:", "money", start="price", is_optional=True),
                   Asked("free_above", "free from:", "money", start="free_above",
                         is_optional=True),
                   IN_USE)),
    ),
    alias="shipping", needs="pricing:write", item="/shipping-methods/{id}", state="is_active",
)  # fmt: skip

TAXES = Kind(
    "tax_rates", "tax rate", "Tax rates by country, and from when they count", "/tax-rates",
    (
        Shown("Country", "country", width=7),
        Shown("Name", "name", width=16, grow=1),
        Shown("Class", "tax_class", width=12),
        Shown("Rate", "basis_points", "share", 8),
        Shown("From", "valid_from", width=10),
        Shown("To", "valid_to", width=10),
    ),
    (), alias="taxes", needs="pricing:write", item="/tax-rates/{id}", state="country",
)  # fmt: skip

KINDS = {
    one.name: people.with_history(one)
    for one in (
        PARCELS, EMAILS, CATEGORIES, LOCATIONS, WAITING, IMPORTS, EXPORTS, SHIPPING, TAXES,
        *people.KINDS,
    )
}  # fmt: skip
"""Every kind by the name of its screen."""
