"""Writes of shipping zones, calendars and methods.

Orders store copies of what was agreed, so nothing here changes existing orders.
"""

from api.shipping.service.calendars import create_calendar, edit_calendar, remove_calendar
from api.shipping.service.methods import (
    ShippingMethodInput,
    create_shipping_method,
    edit_shipping_method,
    remove_shipping_method,
)
from api.shipping.service.tables import write_table
from api.shipping.service.zones import create_zone, edit_zone, remove_zone

__all__ = [
    "ShippingMethodInput",
    "create_calendar",
    "create_shipping_method",
    "create_zone",
    "edit_calendar",
    "edit_shipping_method",
    "edit_zone",
    "remove_calendar",
    "remove_shipping_method",
    "remove_zone",
    "write_table",
]
