"""Shipping as records: methods with their price bands, zones and calendars."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand

_NAME = Input("name", "name:", start="name", is_optional=True)
_IN_USE = Input("is_active", "in use, yes or no:", "yes", start="is_active", is_optional=True)
_AREAS = Input("areas", "areas, such as DE, US/CA, DE 28*, and -DE 27498 for not there:", "areas",
                   start="areas")  # fmt: skip
_LEAVES = Input("ship_weekdays", "leaves on weekdays, 1 is Monday:", "weekdays",
                start="ship_weekdays", is_optional=True)  # fmt: skip
_ARRIVES = Input("delivery_weekdays", "is brought on weekdays:", "weekdays",
                 start="delivery_weekdays", is_optional=True)  # fmt: skip
_CLOSED = Input("closed_days", "closed on days, such as 2026-12-24 2026-12-25, or off:", "days",
                start="closed_days", is_optional=True, may_be_off=True)  # fmt: skip
_CALENDAR = Input("calendar", "promised by calendar, off for no promise, or Enter:", "choice",
                  choices_at=("/shipping-calendars", "code"), start="calendar", is_optional=True,
                  may_be_off=True)  # fmt: skip
_TERMS = (
    Input("free_above", "free from, off, or Enter:", "money", start="free_above",
          is_optional=True, may_be_off=True),
    _CALENDAR,
    Input("min_delivery_days", "least days, or Enter:", "number", start="min_delivery_days",
          is_optional=True),
    Input("max_delivery_days", "most days, or Enter:", "number", start="max_delivery_days",
          is_optional=True),
    Input("carrier", "who brings it, or Enter:", start="carrier", is_optional=True),
    Input("tax_class", "tax class (goods is in proportion to them), or Enter:",
          start="tax_class", is_optional=True),
)  # fmt: skip
_ZONE = Input("zone", "zone, or Enter for countries:", "choice",
              choices_at=("/shipping-zones", "code"), start="zone", is_optional=True)  # fmt: skip
_PRICE = Input("price", "price:", "money", start="price")
_CODE = Input("code", "code, such as express:")

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
                     Input("cut_off", "orders leave on the same day until, such as 14:00:"),
                     _LEAVES, _ARRIVES, _CLOSED),
             is_new=True),
        RecordCommand("edit_calendar", "e", "change", "Another name or cut-off, other days",
             "/shipping-calendars/{id}", "pricing:write", "Change {name}?", method="PATCH",
             fields=(_NAME, Input("cut_off", "until:", start="cut_off", is_optional=True),
                     _LEAVES, _ARRIVES, _CLOSED)),
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
        Field("Zone", "zone", width=10, from_width=84),
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
        Field("calendar", "calendar"),
        Field("carrier", "carrier"),
        Field("labels from", "carrier_account"),
        Field("as product", "carrier_service"),
        Field("live prices", "has_live_rates", "yes"),
        Field("picked up at", "location"),
        Field("carries also", "conditions.profiles", "list"),
        Field("for groups", "conditions.customer_groups", "list"),
        Field("on weekdays", "conditions.weekdays", "list"),
    ),
    (
        RecordCommand("new_shipping", "n", "new", "A new way of shipping to a zone or to countries",
             "/shipping-methods", "pricing:write", "Make this way of shipping?",
             fields=(_CODE, Input("name", "name:"), _ZONE,
                     Input("countries", "countries in place of a zone, such as DE AT, or Enter:",
                           "words", is_optional=True),
                     _PRICE, *_TERMS),
             is_new=True),
        RecordCommand("new_pickup", "u", "new pick-up", "Goods may be picked up at a location",
             "/shipping-methods", "pricing:write", "Offer to pick goods up there?",
             fields=(_CODE, Input("name", "name:"),
                     Input("location", "location:", "choice", choices_at=("/locations", "code")),
                     Input("pickup_address.name", "name of the shop:"),
                     Input("pickup_address.line1", "street and number:"),
                     Input("pickup_address.postal_code", "postal code, or Enter:",
                           is_optional=True),
                     Input("pickup_address.city", "city:"),
                     Input("pickup_address.region", "state or province, or Enter:",
                           is_optional=True),
                     Input("pickup_address.country", "country, such as DE:"), _PRICE, _CALENDAR),
             is_new=True, constants=(("kind", "pickup"),)),
        RecordCommand("edit_shipping", "e", "change", "Another name, price, zone or promise, or no "
             "longer in use", "/shipping-methods/{id}", "pricing:write", "Change {name}?",
             method="PATCH",
             fields=(_NAME, _PRICE._replace(is_optional=True),
                     _ZONE._replace(label="zone, or Enter:"), *_TERMS, _IN_USE)),
        RecordCommand("set_conditions", "c", "conditions", "Which goods, customers and days it is "
             "for", "/shipping-methods/{id}", "pricing:write", "Change what {name} is for?",
             method="PATCH",
             fields=(Input("conditions.profiles", "carries also profiles, such as bulky cold, or "
                           "off:", "names", start="conditions.profiles", is_optional=True,
                           may_be_off=True),
                     Input("conditions.customer_groups", "for groups alone, or off:", "names",
                           start="conditions.customer_groups", is_optional=True, may_be_off=True),
                     Input("conditions.weekdays", "on weekdays alone, 1 is Monday, or off:",
                           "weekdays", start="conditions.weekdays", is_optional=True,
                           may_be_off=True)),
             copied=(("conditions", "conditions"),)),
        RecordCommand("set_account", "a", "account", "From which carrier account its labels are "
             "bought, and as which product", "/shipping-methods/{id}", "pricing:write",
             "Change how labels of {name} are bought?", method="PATCH",
             fields=(Input("carrier_account", "account, or off:", "choice",
                           choices_at=("/carrier-accounts", "code"), start="carrier_account",
                           may_be_off=True),
                     Input("carrier_service", "the carrier's code of the product, such as V01PAK, "
                           "or off:", start="carrier_service", may_be_off=True),
                     Input("has_live_rates", "ask it for the price, yes or no:", "yes",
                           start="has_live_rates", is_optional=True))),
        RecordCommand("drop_shipping", "d", "delete", "Delete a way of shipping; orders stay",
             "/shipping-methods/{id}", "pricing:write", "Delete {name} for good?",
             method="DELETE"),
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
        RecordCommand("export_shipping", "x", "export", "All methods as a CSV file in this folder",
             "/shipping-methods/export", "pricing:write",
             "Write shipping-methods.csv into this folder?", method="GET", is_new=True),
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
