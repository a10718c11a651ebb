"""Records of packing: types of boxes, manifests, parcels that no carrier took yet, packaging."""

from __future__ import annotations

from console.flows.records import carriers
from console.flows.records.shapes import STATION, Field, Input, Kind, RecordCommand

MATERIALS = ("paper", "plastic", "glass", "aluminium", "ferrous_metal", "wood", "beverage_carton",
             "composite", "other")  # fmt: skip
SIZE = (
    Input("length_mm", "length inside in mm:", "number", start="length_mm"),
    Input("width_mm", "width inside in mm:", "number", start="width_mm"),
    Input("height_mm", "height inside in mm:", "number", start="height_mm"),
    Input("weight_grams", "weight of the empty box in g:", "number", start="weight_grams"),
)
GRAMS = tuple(
    Input(f"materials.{one}", f"of it {one.replace('_', ' ')} in g, or Enter:", "number",
          start=f"materials.{one}", is_optional=True)
    for one in ("paper", "plastic", "composite", "wood", "other")
)  # fmt: skip

BOX_TYPES = Kind(
    "box_types", "box type", "Boxes that parcels are packed in: size, weight, packaging",
    "/packing/box-types",
    (
        Field("Box", "name", width=12, grow=1),
        Field("Barcode", "barcode", width=10),
        Field("Length", "length_mm", "count", 6),
        Field("Width", "width_mm", "count", 6),
        Field("Height", "height_mm", "count", 6),
        Field("Grams", "weight_grams", "count", 6),
        Field("In use", "is_active", "yes", 6),
    ),
    tuple(Field(f"g of {one.replace('_', ' ')}", f"materials.{one}", "count") for one in MATERIALS),
    (
        RecordCommand("new_box", "n", "new", "A new type of box", "/packing/box-types",
             "locations:write", "Make box {name}?",
             fields=(Input("name", "name:"), Input("barcode", "barcode, such as B-M:"), *SIZE,
                     *GRAMS), is_new=True),
        RecordCommand("edit_box", "e", "change", "Another size, weight or packaging, or out of use",
             "/packing/box-types/{id}", "locations:write",
             "Change {name}? Parcels that were packed keep what it was.", method="PATCH",
             fields=(Input("name", "name:", start="name"), *SIZE, *GRAMS,
                     Input("is_active", "in use, yes or no:", "yes", start="is_active",
                           is_optional=True))),
    ),
    alias="boxes", needs="fulfilment:write", item="/packing/box-types/{id}", named_by="name",
    title="Box types", has_csv=True,
)  # fmt: skip

PACKAGING_BOOK = Kind(
    "packaging_book", "material", "Grams of packaging by country of destination and material",
    "/packing/packaging-book",
    (
        Field("To", "country", width=8),
        Field("Material", "material", width=16, grow=1),
        Field("Parcels", "parcels", "count", 9),
        Field("Grams", "grams", "count", 12),
    ),
    (), alias="packaging", needs="orders:read", named_by="material", rows_in="rows",
    identified_by="key", has_csv=True, title="Packaging book",
    views=(("30 days", ()), ("90 days", ()), ("365 days", ())),
)  # fmt: skip

MANIFESTS = Kind(
    "manifests", "manifest", "Which parcels the carriers took", "/packing/manifests",
    (
        Field("Manifest", "number", width=8),
        Field("Carrier", "carrier", width=14, grow=1),
        Field("State", "status", "state", 8),
        Field("Parcels", "parcel_count", "count", 7),
        Field("Opened", "created_at", "when", 12),
        Field("Closed", "closed_at", "when", 12),
    ),
    (Field("opened by", "opened_by"), Field("closed by", "closed_by")),
    (
        RecordCommand("print_manifest", "o", "print", "Print the list for the carrier to sign",
             "/packing/manifests/{id}/print", "fulfilment:write", "Print {name}?",
             fields=(STATION,)),
        RecordCommand("save_manifest", "p", "paper", "Write the list for the carrier to sign",
             "/packing/manifests/{id}/paper", "fulfilment:write", "Write {name} into a file?",
             method="GET", file="manifest-{name}.pdf"),
        carriers.TRACKING_FILE,
    ),
    alias="manifests", needs="fulfilment:write", item="/packing/manifests/{id}",
    views=(("all", ()), ("open", (("status", "open"),)), ("closed", (("status", "closed"),))),
    named_by="number", opens="hand_over",
)  # fmt: skip

KINDS = (BOX_TYPES, PACKAGING_BOOK, MANIFESTS)
