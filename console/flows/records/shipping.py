"""Shipping as records: methods with their price bands, zones and calendars."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand

_NAME = Input("name", "name:", start="name", is_optional=True)
_IN_USE = Input("is_active", "in use, yes or no:", "yes", start="is_active", is_optional=True)
_AREAS = Input("areas", "areas, such as DE, US/CA, DE 28*, and -DE 27498 for not there:", "areas",
                   start="areas")  # fmt: skip
ZONES = Kind(
    "shipping_zones", "zone", "Places with the same ways of shipping; the narrowest counts",
    "/shipping-zones",
    (
        Field("Code", "code", width=14),
        Field("Name", "name", width=18, grow=1),
        Field("Areas", "areas", "areas", 24, grow=2),
    ),
    (),
    (
        RecordCommand("new_zone", "n", "new", "A new zone", "/shipping-zones", "pricing:write",
             "Make this zone?",
             fields=(Input("code", "code, such as islands:"), Input("name", "name:"), _AREAS),
             is_new=True),
        RecordCommand("edit_zone", "e", "change", "Another name, or other places",
             "/shipping-zones/{id}", "pricing:write",
             "Change {name}? Its ways of shipping go where it is then.", method="PATCH",
             fields=(_NAME, _AREAS)),
        RecordCommand("drop_zone", "d", "delete", "Delete a zone to which nothing is shipped",
             "/shipping-zones/{id}", "pricing:write", "Delete {name} for good?", method="DELETE"),
    ),
    alias="zones", needs="pricing:write", item="/shipping-zones/{id}", state="code",
    title="Shipping zones",
)  # fmt: skip

CALENDARS = Kind(
    "shipping_calendars", "calendar", "Until when orders leave on the same day, and when not",
    "/shipping-calendars",
    (
        Field("Code", "code", width=14),
        Field("Name", "name", width=18, grow=1),
        Field("Until", "cut_off", width=6),
        Field("Leaves on", "ship_weekdays", "list", 16),
        Field("Closed", "closed_days", "list", 16, grow=1),
    ),
    (Field("brought on", "delivery_weekdays", "list"),),
    (
        RecordCommand("new_calendar", "n", "new", "A new calendar", "/shipping-calendars",
             "pricing:write", "Make this calendar?",
             fields=(Input("code", "code, such as dhl:"), Input("name", "name:"),
                     Input("cut_off", "orders leave on the same day until, such as 14:00:")),
             is_new=True),
        RecordCommand("edit_calendar", "e", "change", "Another name or cut-off",
             "/shipping-calendars/{id}", "pricing:write", "Change {name}?", method="PATCH",
             fields=(_NAME, Input("cut_off", "until:", start="cut_off"))),
        RecordCommand("drop_calendar", "d", "delete", "Delete a calendar that nothing uses",
             "/shipping-calendars/{id}", "pricing:write", "Delete {name} for good?",
             method="DELETE"),
    ),
    alias="calendars", needs="pricing:write", item="/shipping-calendars/{id}", state="code",
    title="Shipping calendars",
)  # fmt: skip

SHIPPING = Kind(
    "shipping_methods", "way of shipping", "How orders are shipped, where to and for how much",
    "/shipping-methods",
    (
        Field("Code", "code", width=10),
        Field("Name", "name", width=18, grow=1),
        Field("Price", "price", "money", 10),
        Field("Free from", "free_above", "money", 10),
        Field("In use", "is_active", "yes", 6),
    ),
    (
        Field("kind", "kind"),
        Field("countries", "countries", "list"),
        Field("bands of", "band_unit"),
        Field("bands", "bands", "bands"),
        Field("days, least", "min_delivery_days", "count"),
        Field("days, most", "max_delivery_days", "count"),
        Field("tax class", "tax_class"),
    ),
    (
        RecordCommand("edit_shipping", "e", "change", "Another name or price, or no longer in use",
             "/shipping-methods/{id}", "pricing:write", "Change {name}?", method="PATCH",
             fields=(_NAME,
                     Input("price", "price:", "money", start="price", is_optional=True),
                     Input("free_above", "free from:", "money", start="free_above",
                           is_optional=True),
                   _IN_USE)),
        RecordCommand("try_shipping", "t", "try", "What takes a cart to a place, and for how much",
             "/shipping-methods/try", "pricing:write", "Try this? Nothing is changed.",
             fields=(Input("country", "country, such as DE:"),
                     Input("postal_code", "postal code, or Enter:", is_optional=True),
                     Input("weight_grams", "weight in grams, or Enter:", "number",
                           is_optional=True),
                     Input("quantity", "units, or Enter:", "number", is_optional=True),
                     Input("profile", "shipping profile of goods, or Enter:", is_optional=True)),
             is_new=True, shows_once="summary"),
        RecordCommand("import_shipping", "i", "import", "Methods and bands from a CSV file",
             "/shipping-methods/table", "pricing:write", "Read this table? All of it, or nothing.",
             fields=(Input("csv", "file with the table:", "file"),), is_new=True,
             shows_once="updated"),
        RecordCommand("set_bands", "b", "bands", "Price bands by weight, value or quantity",
             "/shipping-methods/{id}", "pricing:write", "Change the bands of {name}?",
             method="PATCH",
             fields=(Input("band_unit", "bands of:", "choice", ("weight", "value", "quantity"),
                           start="band_unit"),
                     Input("bands", "bands, such as 0-1000 4.90; 1001- 9.90:", "bands",
                           start="bands"))),
    ),
    alias="shipping", needs="pricing:write", item="/shipping-methods/{id}", state="is_active",
)  # fmt: skip

KINDS = (SHIPPING, ZONES, CALENDARS)
