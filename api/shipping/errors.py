"""Errors of shipping."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class ShippingMethodNotFound(NotFound):
    """No such shipping method."""

    code = "shipping_method_not_found"
    sentence = "Shipping method not found."


class ShippingNotAvailable(Unprocessable):
    """The shipping method exists, but not for this destination or this cart."""

    code = "shipping_not_available"
    sentence = "{method} does not deliver to {country} for an order in {currency}."


class ShippingCodeTaken(Conflict):
    """A shipping method with this code and currency exists."""

    code = "shipping_code_taken"
    sentence = "A shipping method {method} in {currency} already exists."


class ZoneNotFound(NotFound):
    """No such shipping zone."""

    code = "zone_not_found"
    sentence = "Shipping zone not found."


class ZoneCodeTaken(Conflict):
    """A zone with this code exists."""

    code = "zone_code_taken"
    sentence = "A shipping zone {zone} already exists."


class ZoneInUse(Conflict):
    """Shipping methods go to the zone."""

    code = "zone_in_use"
    sentence = "Shipping methods go to this zone. Delete them, or give them another zone, first."


class CalendarNotFound(NotFound):
    """No such shipping calendar."""

    code = "calendar_not_found"
    sentence = "Shipping calendar not found."


class CalendarCodeTaken(Conflict):
    """A calendar with this code exists."""

    code = "calendar_code_taken"
    sentence = "A shipping calendar {calendar} already exists."


class CalendarInUse(Conflict):
    """Shipping methods promise by the calendar."""

    code = "calendar_in_use"
    sentence = "Shipping methods use this calendar. Give them another one, or none, first."


class BandsInvalid(Unprocessable):
    """Price bands with a gap, an overlap or an end before their beginning."""

    code = "bands_invalid"
    sentence = "The price bands do not follow one another. See errors for the rows."


class TableInvalid(Unprocessable):
    """A table of shipping methods with rows that cannot be read."""

    code = "table_invalid"
    sentence = "The table cannot be read; nothing was changed. See errors for the rows."
