"""Records of the warehouse: bins and their labels, counts, the rules of stock levels, reports."""

from __future__ import annotations

from console.flows.records.shapes import STATION, Field, Input, Kind, RecordCommand

BIN_KINDS = ("pick", "bulk", "receiving", "packing", "quarantine", "staging", "tote")
PAPER = Input("format", "pdf or zpl (a label printer):", "choice", ("pdf", "zpl"))
ZONE = Input("zone", "zone, or Enter for none:", start="zone", is_optional=True)
WALK = Input("pick_sequence", "place in the walk (smallest first), or Enter:", "number",
             start="pick_sequence", is_optional=True)  # fmt: skip
CALLED = Input("name", "what people call it, or Enter:", start="name", is_optional=True)
COLOUR = Input("colour", "colour of the tote, or Enter:", "choice",
               ("red", "orange", "yellow", "green", "blue", "purple", "white", "black"),
               start="colour", is_optional=True)  # fmt: skip
PLACE = Input("location", "at which place:", "choice", choices_at=("/locations", "code"))
PLANNED = Input("planned_for", "on which day (2026-11-20), or Enter for now:", "day",
                is_optional=True)  # fmt: skip
BLIND = Input("is_blind", "blind: without what is expected, yes or no, or Enter for yes:", "yes",
              is_optional=True)  # fmt: skip
COPIES = Input("copies", "how many, or Enter for one:", "number", is_optional=True)

BINS = Kind(
    "bins", "bin", "Places within a location, each with a label", "/bins",
    (
        Field("Bin", "code", width=12),
        Field("At", "location_code", width=8),
        Field("Zone", "zone", width=8, grow=1),
        Field("Kind", "kind", width=11),
        Field("Walk", "pick_sequence", "count", 6),
        Field("Units", "units", "count", 6),
        Field("In use", "is_active", "yes", 6),
    ),
    (Field("label", "barcode"), Field("called", "name"), Field("colour", "colour")),
    (
        RecordCommand("new_bin", "n", "new", "A new bin", "/bins", "locations:write",
             "Make bin {code}?",
             fields=(PLACE, Input("code", "code, such as A-03-2:"), ZONE,
                     Input("kind", "kind:", "choice", BIN_KINDS), WALK),
             is_new=True),
        RecordCommand("edit_bin", "e", "change", "Another zone, kind or place in the walk, or out "
             "of use", "/bins/{id}", "locations:write", "Change {name}?", method="PATCH",
             fields=(ZONE, Input("kind", "kind:", "choice", BIN_KINDS, start="kind",
                                 is_optional=True), WALK,
                     Input("is_active", "in use, yes or no:", "yes", start="is_active",
                           is_optional=True))),
        RecordCommand("name_tote", "t", "tote", "The name and the colour of a tote, by which it is "
             "found on the cart", "/bins/{id}", "locations:write", "Change {name}?",
             method="PATCH", fields=(CALLED, COLOUR), allowed_states=("tote",)),
        RecordCommand("print_bin", "o", "print", "Print the label of this bin",
             "/warehouse/labels/print?kind=bins&ids={id}", "inventory:read",
             "Print the label of {name}?", fields=(STATION, COPIES)),
        RecordCommand("print_label", "p", "label", "Write the label of this bin into a file",
             "/warehouse/labels", "inventory:read", "Write the label of {name}?", method="GET",
             fields=(PAPER,), constants=(("kind", "bins"),), copied=(("ids", "id"),),
             file="label-{name}.{format}"),
        RecordCommand("print_labels", "a", "all labels", "Write the labels of all bins of this "
             "bin's location, or of one of its zones, into a file", "/warehouse/labels",
             "inventory:read", "Write the labels of the bins at {location_code}?", method="GET",
             fields=(Input("zone", "which zone, or Enter for all:", start="zone",
                           is_optional=True), PAPER),
             constants=(("kind", "bins"),), copied=(("location_id", "location_id"),),
             file="labels-{location_code}.{format}"),
        RecordCommand("print_commands", "c", "commands", "Write the sheet of command barcodes, "
             "by which a scanner works every page", "/warehouse/labels", "inventory:read",
             "Write the sheet of command barcodes?", method="GET", fields=(PAPER,),
             constants=(("kind", "commands"),), is_new=True, file="commands.{format}"),
    ),
    alias="bins", needs="inventory:read", item="/bins/{id}", below="/bins/{id}/stock",
    below_shown=(
        Field("SKU", "sku", width=14), Field("Product", "product_title", width=16, grow=1),
        Field("In bin", "quantity", "count", 6), Field("Counted", "last_counted_at", "when", 12),
    ),
    views=(("all", ()), *((kind, (("kind", kind),)) for kind in BIN_KINDS)),
    named_by="code", state="kind", opens="bin", has_csv=True,
)  # fmt: skip

BIN_JOURNAL = Kind(
    "bin_journal", "entry", "What went into a bin and out of it, the newest first",
    "/bins/{about}/movements",
    (
        Field("SKU", "sku", width=14, grow=1),
        Field("Change", "change", "count", 6),
        Field("Then", "quantity_after", "count", 6),
        Field("Reason", "reason", width=14, grow=1),
        Field("When", "at", "when", 12),
        Field("By", "actor", width=12),
    ),
    (Field("reference", "reference"),), about="path", named_by="sku", has_csv=True,
)  # fmt: skip

COUNTS = Kind(
    "counts", "count", "Counts that are planned, go on, or are done", "/counts",
    (
        Field("Count", "number", width=8),
        Field("Of", "scope", width=16, grow=1),
        Field("At", "location_code", width=8, from_width=70),
        Field("State", "status", "state", 12),
        Field("For", "planned_for", width=10),
        Field("Lines", "line_count", "count", 5),
        Field("Open", "open_count", "count", 5),
        Field("Again", "recount_count", "count", 5),
    ),
    (
        Field("blind", "is_blind", "yes"),
        Field("made by", "created_by"),
        Field("made", "created_at", "when"),
        Field("ended", "closed_at", "when"),
    ),
    (
        RecordCommand("count_bin", "b", "bin", "Count a bin, now or on a day", "/counts",
             "inventory:adjust", "Count bin {bin}?",
             fields=(Input("bin", "bin, as its label says:"), PLANNED, BLIND), is_new=True),
        RecordCommand("count_items", "i", "items", "Count products wherever they lie", "/counts",
             "inventory:adjust", "Count them?",
             fields=(Input("codes", "SKUs or barcodes:", "names"), PLACE, PLANNED, BLIND),
             is_new=True),
        RecordCommand("count_class", "y", "class", "Count what sells most (A), often (B) or "
             "seldom (C)", "/counts", "inventory:adjust", "Count class {abc_class}?",
             fields=(Input("abc_class", "class:", "choice", ("A", "B", "C")), PLACE, PLANNED,
                     BLIND), is_new=True),
        RecordCommand("count_zone", "z", "zone", "Count the bins of a zone", "/counts",
             "inventory:adjust", "Count zone {zone}?",
             fields=(Input("zone", "zone:"), PLACE, PLANNED, BLIND), is_new=True),
        RecordCommand("discard_count", "d", "discard", "End it; what was posted stays posted",
             "/counts/{id}/discard", "inventory:adjust",
             "End {name}? What was posted stays posted.",
             allowed_states=("planned", "counting")),
    ),
    alias="c", needs="inventory:read", item="/counts/{id}",
    views=(("all", ()), ("planned", (("status", "planned"),)),
           ("going on", (("status", "counting"),)), ("posted", (("status", "posted"),))),
    named_by="number", opens="count", has_csv=True,
)  # fmt: skip

STOCK_RULES = Kind(
    "stock_rules", "level", "What is kept back, and how the bin that is picked from is filled",
    "/stock",
    (
        Field("SKU", "sku", width=12),
        Field("Product", "product_title", width=14, grow=1),
        Field("At", "location.code", width=7),
        Field("On hand", "on_hand", "count", 7),
        Field("Damaged", "damaged", "count", 7, from_width=76),
        Field("Stopped", "quarantine", "count", 7, from_width=76),
        Field("Safety", "safety_stock", "count", 6),
        Field("Fill at", "replenish_min", "count", 7),
        Field("Up to", "replenish_max", "count", 5),
    ),
    (
        Field("free", "available", "count"),
        Field("in bins", "in_bins", "count"),
        Field("low at", "low_stock_threshold", "count"),
        Field("counted", "last_counted_at", "when"),
        Field("counted by", "last_counted_by"),
    ),
    (
        RecordCommand("edit_level", "e", "change", "Safety stock, the bin that is picked from, "
             "and when it is filled up to how many units", "/stock/{id}", "inventory:adjust",
             "Change {name}?", method="PATCH",
             fields=(Input("safety_stock", "units that are never sold:", "number",
                           start="safety_stock", is_optional=True),
                     Input("preferred_bin", "picked from first (bin), off, or Enter as it is:",
                           is_optional=True, may_be_off=True),
                     Input("replenish_min", "fill that bin below so many, off, or Enter:",
                           "number", start="replenish_min", is_optional=True, may_be_off=True),
                     Input("replenish_max", "up to so many, off, or Enter:", "number",
                           start="replenish_max", is_optional=True, may_be_off=True))),
        RecordCommand("print_goods", "o", "print", "Print labels of this product",
             "/warehouse/labels/print?kind=products&ids={variant_id}", "inventory:read",
             "Print labels of {name}?", fields=(STATION, COPIES)),
        RecordCommand("print_product", "p", "labels", "Write labels of this product into a file",
             "/warehouse/labels", "inventory:read", "Write labels of {name}?", method="GET",
             fields=(Input("copies", "how many:", "number"), PAPER),
             constants=(("kind", "products"),), copied=(("ids", "variant_id"),),
             file="labels-{name}.{format}"),
    ),
    alias="rules", needs="inventory:read", item="/stock/{id}", named_by="sku",
    title="Stock rules", opens="level", has_csv=True,
)  # fmt: skip

VALUATION = Kind(
    "valuation", "level", "What is there, and what it is worth, now or on any day",
    "/inventory/valuation",
    (
        Field("SKU", "sku", width=12),
        Field("Product", "product_title", width=14, grow=1),
        Field("Variant", "variant_title", width=12, grow=1, from_width=84),
        Field("At", "location_code", width=7),
        Field("On hand", "on_hand", "count", 7),
        Field("Cost", "unit_cost", "money", 11),
        Field("Value", "value", "money", 13),
    ),
    (), alias="valuation", needs="inventory:read", named_by="sku", opens="level",
    identified_by="level_id", title="Stock value", has_csv=True,
)  # fmt: skip

SHRINKAGE = Kind(
    "shrinkage", "reason", "What counts found and lost, and what it was worth",
    "/warehouse/shrinkage",
    (
        Field("At", "location_code", width=10),
        Field("Reason", "reason", width=12, grow=1),
        Field("Lines", "lines", "count", 6),
        Field("Found", "found", "count", 7),
        Field("Lost", "lost", "count", 7),
        Field("Value", "value", "figure", 12),
    ),
    (), alias="shrinkage", needs="inventory:read", named_by="reason", rows_in="rows",
    identified_by="key", has_csv=True,
    views=(("30 days", ()), ("90 days", ()), ("365 days", ())),
)  # fmt: skip

PUT_BACKS = Kind(
    "put_backs", "put-back", "Units in totes that no order needs any more", "/picking/put-backs",
    (
        Field("SKU", "sku", width=12),
        Field("Product", "title", width=14, grow=1),
        Field("Units", "quantity", "count", 5),
        Field("In tote", "totes", "list", 10),
        Field("Into bin", "bin_code", width=10),
        Field("Order", "order_number", width=8),
    ),
    (Field("variant", "variant_title"), Field("barcode", "barcode")),
    (
        RecordCommand("put_back", "p", "put back", "The units are in a bin again",
             "/picking/lines/{line_id}/put-back", "fulfilment:write", "Are they back in the bin?",
             fields=(Input("quantity", "how many units:", "number", start="quantity"),
                     Input("bin", "into which bin (scan it):", start="bin_barcode",
                           is_optional=True))),
    ),
    alias="putbacks", needs="fulfilment:write", named_by="sku", identified_by="line_id",
    rows_in="tasks", is_whole=True, title="Put-backs",
)  # fmt: skip

KINDS = (BINS, BIN_JOURNAL, COUNTS, STOCK_RULES, VALUATION, SHRINKAGE, PUT_BACKS)
