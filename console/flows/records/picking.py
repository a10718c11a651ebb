"""Records of picking: waves, and each day's figures."""

from __future__ import annotations

from console.flows.records.shapes import STATION, Field, Input, Kind, RecordCommand

WAVES = Kind(
    "waves", "wave", "Many orders released at once, in batches with short walks", "/picking/waves",
    (
        Field("Wave", "number", width=6),
        Field("State", "status", "state", 12),
        Field("Orders", "order_count", "count", 6),
        Field("Units", "unit_count", "count", 6),
        Field("Picked", "picked_count", "count", 6),
        Field("Open", "open_count", "count", 5),
        Field("Walk", "walk_length", "count", 6),
        Field("One by one", "walk_length_alone", "count", 10),
        Field("Made", "created_at", "when", 12, grow=1),
    ),
    (
        Field("kind", "kind"),
        Field("carrier", "carrier"),
        Field("zone", "zone"),
        Field("leaves before", "promised_before", "when"),
        Field("units at most", "max_units", "count"),
        Field("lines", "line_count", "count"),
        Field("bins to stop at", "stops", "count"),
        Field("seconds of work", "seconds", "count"),
        Field("released by", "created_by"),
    ),
    (
        RecordCommand("new_wave", "n", "release", "Orders to release together, after a look at "
             "the work; Enter leaves a choice out", "/picking/waves", "fulfilment:write",
             "Release this wave?",
             fields=(
                 Input("kind", "totes, single_item or order:", "choice",
                       ("totes", "single_item", "order")),
                 Input("carrier", "of which carrier, or Enter for all:", is_optional=True),
                 Input("promised_before", "leaving before (16:00, or 2026-11-20 16:00), or Enter:",
                       "moment", is_optional=True),
                 Input("zone", "with goods in which zone, or Enter:", is_optional=True),
                 Input("max_units", "orders of at most so many units, or Enter:", "number",
                       is_optional=True),
                 Input("limit", "at most so many orders, or Enter for 300:", "number",
                       is_optional=True),
                 Input("orders_per_batch", "orders in a batch, or Enter for 12:", "number",
                       is_optional=True),
             ), is_new=True),
        RecordCommand("cancel_wave", "d", "give back", "The orders of its batches that nobody "
             "began wait again", "/picking/waves/{id}/cancel", "fulfilment:write",
             "Give back what nobody began of {name}?", allowed_states=("released", "in_progress")),
    ),
    alias="waves", needs="fulfilment:write", item="/picking/waves/{id}", named_by="number",
    has_csv=True,
)  # fmt: skip

BATCHES = Kind(
    "batches", "batch", "Orders that are picked in one walk, and their paper", "/picking/batches",
    (
        Field("Batch", "number", width=7),
        Field("State", "status", "state", 10),
        Field("Kind", "kind", "state", 12, from_width=70),
        Field("Picker", "picker", width=12, grow=1),
        Field("Orders", "order_count", "count", 6),
        Field("Units", "unit_count", "count", 6),
        Field("Picked", "picked_count", "count", 6),
        Field("Made", "created_at", "when", 12),
    ),
    (
        Field("at", "location_code"),
        Field("wave", "wave"),
        Field("lines", "line_count", "count"),
        Field("walk", "walk_length", "count"),
        Field("made by", "created_by"),
        Field("ended", "finished_at", "when"),
    ),
    (
        RecordCommand("print_batch", "o", "print", "Print what is still to be picked, in the order "
             "of the walk", "/picking/batches/{id}/print", "fulfilment:write", "Print {name}?",
             fields=(STATION,)),
        RecordCommand("save_batch", "p", "paper", "Write the same as PDF into a file",
             "/picking/batches/{id}/paper", "fulfilment:write", "Write {name} into a file?",
             method="GET", file="picklist-{name}.pdf"),
    ),
    alias="batches", needs="fulfilment:write", named_by="number", title="Batches",
    views=(("open", (("is_open", "true"),)), ("all", ())),
)  # fmt: skip

PICK_FIGURES = Kind(
    "pick_figures", "day", "Each day's picking of all people together", "/picking/figures",
    (
        Field("Day", "day", width=10),
        Field("Lines", "lines", "count", 6),
        Field("Units", "units", "count", 6),
        Field("An hour", "lines_an_hour", width=7),
        Field("Wrong", "wrong_scans", "count", 6),
        Field("Short", "short", "count", 6),
        Field("Walked", "walked", "count", 7),
        Field("One by one", "walk_length_alone", "count", 10, grow=1),
    ),
    (Field("batches", "batches", "count"), Field("hours", "hours")),
    alias="figures", needs="fulfilment:write", named_by="day", rows_in="rows",
    identified_by="day", title="Picking figures", has_csv=True,
    views=(("30 days", ()), ("90 days", ()), ("365 days", ())),
)  # fmt: skip

SUBSTITUTES = Kind(
    "substitutes", "rule", "What goes out where units of an item are not found",
    "/picking/substitutes",
    (
        Field("Missing", "sku", width=20, grow=1),
        Field("Goes out", "substitute_sku", width=20, grow=1),
        Field("Made", "created_at", "when", 12),
    ),
    (Field("made by", "created_by"),),
    (
        RecordCommand("new_substitute", "n", "new", "Let pickers send one item instead of another, "
             "at the price that was agreed", "/picking/substitutes", "orders:discount",
             "Make this rule?",
             fields=(Input("sku", "what may be missing (SKU):"),
                     Input("substitute_sku", "what goes out instead (SKU):")), is_new=True),
        RecordCommand("drop_substitute", "d", "end", "End the rule",
             "/picking/substitutes/{id}/remove", "orders:discount",
             "End the rule for {name}?"),
    ),
    alias="substitutes", needs="fulfilment:write", named_by="sku", has_csv=True,
)  # fmt: skip

KINDS = (WAVES, BATCHES, PICK_FIGURES, SUBSTITUTES)
