"""Records of lots: what is left of them, when they expire, and who got them."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand

LOTS = Kind(
    "lots", "lot", "Lots: what is left, when they expire, and who got them", "/lots",
    (
        Field("Lot", "code", width=12),
        Field("SKU", "sku", width=12),
        Field("Product", "product_title", width=14, grow=1),
        Field("Until", "expires_on", width=10),
        Field("Left", "units", "count", 6),
        Field("Sold", "is_sellable", "yes", 5),
        Field("Came", "created_at", "when", 12, from_width=84),
    ),
    (
        Field("variant", "variant_title"),
        Field("recalled", "recalled_at", "when"),
        Field("by", "recalled_by"),
    ),
    (
        RecordCommand("recall_lot", "r", "recall", "What is left of it is not sold any more",
             "/lots/{id}", "inventory:adjust",
             "Recall lot {name}? What is left of it is not sold any more, at any place.",
             method="PATCH", constants=(("is_recalled", True),), allowed_states=(False,),
             refusal="It is recalled already"),
        RecordCommand("sell_lot", "u", "sell again", "Take the recall back",
             "/lots/{id}", "inventory:adjust", "Sell lot {name} again, until its day?",
             method="PATCH", constants=(("is_recalled", False),), allowed_states=(True,),
             refusal="It is not recalled"),
        RecordCommand("recipients_file", "f", "file", "Who got it, as a CSV file in this folder",
             "/lots/{id}/recipients/file", "customers:read",
             "Write who got lot {name} into a file?", method="GET"),
        RecordCommand("date_lot", "e", "change", "Another last day on which it is sold",
             "/lots/{id}", "inventory:adjust", "Change lot {name}?", method="PATCH",
             fields=(Input("expires_on", "sold until, such as 2026-11-30:", "day",
                           start="expires_on", may_be_off=True),)),
    ),
    alias="lots", needs="inventory:read", item="/lots/{id}", state="is_recalled",
    below="/lots/{id}/recipients", below_needs="customers:read",
    below_shown=(
        Field("Order", "number", width=8), Field("Customer", "customer_name", width=16, grow=1),
        Field("E-mail", "email", width=18, grow=1), Field("Units", "units", "count", 5),
        Field("Back", "returned", "count", 5), Field("Left", "shipped_at", "when", 12),
    ),
    named_by="code",
)  # fmt: skip

LEVEL_LOTS = Kind(
    "level_lots", "lot", "What is left of each lot of a level: what expires first comes first",
    "/stock/{about}/lots",
    (
        Field("Lot", "code", width=14, grow=1),
        Field("Until", "expires_on", width=10),
        Field("Left", "quantity", "count", 6),
        Field("In bin", "bin_code", width=12),
        Field("Sold", "is_sellable", "yes", 5),
    ),
    (), about="path", is_whole=True, rows_in="lots", named_by="code", state="is_sellable",
)  # fmt: skip

KINDS = (LOTS, LEVEL_LOTS)
