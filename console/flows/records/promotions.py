"""Records of promotions: discounts with their codes, groups of customers, price lists."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand
from console.flows.records.tier_input import EXAMPLE

WRITE = "pricing:write"
NAME = Input("name", "name, as buyers see it:", start="name")
SHARE = Input("basis_points", "per cent, such as 7.5:", "share", start="basis_points")
AMOUNT = Input("amount", "amount:", "money", start="amount")


def _more(name: str, label: str, form: str = "text") -> Input:
    return Input(name, f"{label}, or Enter:", form, start=name, is_optional=True, may_be_off=True)


def _tiers(of: str) -> Input:
    form = f"{of} tiers"
    return Input("tiers", f"from which {of} on what, such as {EXAMPLE[form]}:", form)


AUTOMATIC = Input("is_automatic", "applies without a code, yes or no:", "yes")
TARGET = Input("target", "off what:", "choice", ("lines", "order", "shipping"))
LIMITS = (
    _more("min_amount", "from which sum on", "money"),
    _more("starts_on", "first day, such as 2026-11-20", "day"),
    _more("ends_on", "last day", "day"),
    _more("max_uses", "how often in all", "number"),
    _more("max_uses_per_customer", "how often for one customer", "number"),
)


def _new(name: str, key: str, label: str, kind: str, *fields: Input) -> RecordCommand:
    return RecordCommand(
        f"new_{name}", key, label, f"A new discount: {label}", "/discounts", WRITE,
        "Make this discount?", fields=(NAME, *fields, AUTOMATIC, *LIMITS), is_new=True,
        constants=(("kind", kind),),
    )  # fmt: skip


DISCOUNTS = Kind(
    "discounts", "discount", "What is taken off carts, by itself or by a code", "/discounts",
    (
        Field("Discount", "name", width=18, grow=2),
        Field("Kind", "kind", width=13, grow=1),
        Field("Share", "basis_points", "share", 7),
        Field("Amount", "amount", "money", 10, from_width=76),
        Field("Automatic", "is_automatic", "yes", 9, from_width=90),
        Field("Uses", "uses", "count", 6),
        Field("On", "is_active", "yes", 3),
    ),
    (
        Field("applies to", "target"),
        Field("priority", "priority", "count"),
        Field("tiers", "tiers", "value tiers"),
        Field("exclusive", "is_exclusive", "yes"),
        Field("stack group", "stack_group"),
        Field("min amount", "min_amount", "money"),
        Field("min units", "min_quantity", "count"),
        Field("products", "products", "list"),
        Field("collections", "collections", "list"),
        Field("groups", "groups", "list"),
        Field("markets", "markets", "list"),
        Field("first order", "first_order", "yes"),
        Field("first day", "starts_on"),
        Field("last day", "ends_on"),
        Field("most uses", "max_uses", "count"),
        Field("per customer", "max_uses_per_customer", "count"),
    ),
    (
        _new("percent", "n", "per cent", "percent", SHARE, TARGET),
        _new("fixed", "m", "amount", "fixed", AMOUNT, TARGET),
        _new("free_shipping", "f", "shipping", "free_shipping"),
        _new("buy_x_get_y", "b", "x for y", "buy_x_get_y",
             Input("buy_quantity", "units that are paid:", "number"),
             Input("get_quantity", "units that are free beside them:", "number")),
        _new("by_value", "v", "tiers", "tiered_by_value", _tiers("value"), TARGET),
        _new("by_units", "u", "by units", "tiered_by_quantity", _tiers("unit"), TARGET),
        RecordCommand("edit_value_tiers", "y", "its tiers", "Other tiers by value",
             "/discounts/{id}", WRITE, "Change the tiers of {name}?", method="PATCH",
             fields=(_tiers("value")._replace(start="tiers"),)),
        RecordCommand("edit_unit_tiers", "k", "unit tiers", "Other tiers by units",
             "/discounts/{id}", WRITE, "Change the tiers of {name}?", method="PATCH",
             fields=(_tiers("unit")._replace(start="tiers"),)),
        RecordCommand("download_codes", "d", "download", "All its codes as a CSV file here",
             "/discounts/{id}/codes/export", WRITE, "Write the codes of {name} into a file?",
             method="GET"),
        RecordCommand("edit_discount", "e", "change", "Another name, size, minimum, day or limit",
             "/discounts/{id}", WRITE, "Change {name}?", method="PATCH",
             fields=(NAME._replace(is_optional=True), _more("basis_points", "per cent", "share"),
                     _more("amount", "amount", "money"), *LIMITS)),
        RecordCommand("limit_discount", "w", "for what", "Products, collections, groups, markets",
             "/discounts/{id}", WRITE, "Change what {name} is for?", method="PATCH",
             fields=tuple(_more(name, f"{name}, by their names in addresses", "names")
                          for name in ("products", "collections", "groups", "markets"))),
        RecordCommand("stack_discount", "o", "with others", "What it is combined with",
             "/discounts/{id}", WRITE, "Change what {name} is combined with?", method="PATCH",
             fields=(Input("priority", "in which order, lowest first:", "number",
                           start="priority", is_optional=True),
                     Input("is_exclusive", "with no other, yes or no:", "yes",
                           start="is_exclusive", is_optional=True),
                     _more("stack_group", "one of which word"))),
        RecordCommand("try_discount", "t", "try", "What a cart would cost with it",
             "/discounts/{id}/try", WRITE, "Try {name} on this cart? Nothing is changed.",
             fields=(Input("lines", "SKUs, as MUG 2, JUG:", "goods"),), shows_once="summary"),
        RecordCommand("add_codes", "c", "codes", "Add codes of your own", "/discounts/{id}/codes",
             WRITE, "Add these codes to {name}?",
             fields=(Input("codes", "codes, with blanks between:", "names"),
                     Input("max_uses", "how often each, or Enter for any number:", "number",
                           is_optional=True)),
             ),
        RecordCommand("import_codes", "i", "file", "Add codes from a CSV file",
             "/discounts/{id}/codes", WRITE, "Add the codes of the file to {name}?",
             fields=(Input("csv", "which file, with a code in each line:", "file"),
                     Input("max_uses", "how often each, or Enter for any number:", "number",
                           is_optional=True))),
        RecordCommand("make_codes", "g", "batch", "Make random codes, good once each",
             "/discounts/{id}/codes/batch", WRITE, "Make {count} codes for {name}?",
             fields=(Input("count", "how many, up to 10000:", "number"),
                     Input("prefix", "beginning with, or Enter:", is_optional=True))),
        RecordCommand("start_discount", "a", "on", "Switch it on", "/discounts/{id}", WRITE,
             "Switch {name} on?", method="PATCH", constants=(("is_active", True),),
             allowed_states=(False,), refusal="It is on already"),
        RecordCommand("stop_discount", "s", "off", "Switch it off", "/discounts/{id}", WRITE,
             "Switch {name} off? Orders keep what they have.", method="PATCH",
             constants=(("is_active", False),), allowed_states=(True,),
             refusal="It is off already"),
        RecordCommand("delete_discount", "x", "delete", "Delete one that no order has",
             "/discounts/{id}", WRITE, "Delete {name} with its codes?", method="DELETE"),
    ),
    alias="discounts", needs=WRITE, item="/discounts/{id}", state="is_active",
    below="/discounts/{id}/codes",
    below_shown=(Field("Code", "code", width=20, grow=1), Field("Uses", "uses", "count", 6),
                 Field("Most", "max_uses", "count", 6)),
    views=(("all", ()), ("on", (("active", "true"),)), ("off", (("active", "false"),))),
)  # fmt: skip

ORDER_DISCOUNTS = Kind(
    "order_discounts", "discount", "What was taken off the order; staff may give more",
    "/orders/{about}/discounts",
    (
        Field("Discount", "name", width=18, grow=1),
        Field("Code", "code", width=14),
        Field("Off", "amount", "money", 11),
        Field("Of it shipping", "shipping_amount", "money", 14, from_width=76),
        Field("Why", "reason", width=16, grow=1, from_width=90),
    ),
    (Field("why", "reason"),),
    (
        RecordCommand("discount_amount", "a", "amount", "Take an amount off an unpaid order",
             "/orders/{about}/discounts", "orders:discount",
             "Take it off the goods? The customer is told.",
             fields=(AMOUNT._replace(start=""), Input("reason", "why:")), is_new=True),
        RecordCommand("discount_percent", "p", "per cent", "Take a share off an unpaid order",
             "/orders/{about}/discounts", "orders:discount",
             "Take it off the goods? The customer is told.",
             fields=(SHARE._replace(start=""), Input("reason", "why:")), is_new=True),
    ),
    about="path", title="Discounts",
)  # fmt: skip

GROUPS = Kind(
    "customer_groups", "group", "Customers with prices or discounts of their own",
    "/customer-groups",
    (
        Field("Code", "code", width=14),
        Field("Name", "name", width=20, grow=1),
        Field("Members", "members", "count", 8),
        Field("Net", "shows_net", "yes", 4),
    ),
    (),
    (
        RecordCommand("new_group", "n", "new", "A new group of customers", "/customer-groups",
             WRITE, "Make this group?",
             fields=(Input("code", "code, such as wholesale:"), Input("name", "name:"),
                     Input("shows_net", "shown prices without tax, yes or no:", "yes")),
             is_new=True),
        RecordCommand("edit_group", "e", "change", "Another name, or prices shown without tax",
             "/customer-groups/{id}", WRITE, "Change {name}?", method="PATCH",
             fields=(Input("name", "name:", start="name", is_optional=True),
                     Input("shows_net", "shown prices without tax, yes or no:", "yes",
                           start="shows_net", is_optional=True))),
        RecordCommand("add_members", "a", "add", "Put customers into it",
             "/customer-groups/{id}/members", WRITE, "Put them into {name}?",
             fields=(Input("emails", "e-mail addresses, with blanks between:", "names"),)),
        RecordCommand("remove_members", "r", "remove", "Take customers out of it",
             "/customer-groups/{id}/members/remove", WRITE, "Take them out of {name}?",
             fields=(Input("emails", "e-mail addresses, with blanks between:", "names"),)),
        RecordCommand("delete_group", "x", "delete", "Delete a group without price lists",
             "/customer-groups/{id}", WRITE, "Delete {name}? Its customers stay.",
             method="DELETE"),
    ),
    alias="groups", needs=WRITE, item="/customer-groups/{id}", state="code",
    below="/customer-groups/{id}/members", below_needs="customers:read",
    below_shown=(Field("E-mail", "email", width=26, grow=1),
                 Field("Name", "full_name", width=20, grow=1)),
    title="Groups of customers",
)  # fmt: skip

PRICE_LISTS = Kind(
    "price_lists", "price list", "Prices of groups of customers, and for larger quantities",
    "/price-lists",
    (
        Field("Code", "code", width=14),
        Field("Name", "name", width=18, grow=1),
        Field("Group", "customer_group", width=14),
        Field("Currency", "currency", width=8, from_width=70),
        Field("Prices", "prices", "count", 7),
        Field("On", "is_active", "yes", 3),
    ),
    (
        Field("markets", "markets", "list"),
        Field("priority", "priority", "count"),
        Field("first day", "starts_on"),
        Field("last day", "ends_on"),
    ),
    (
        RecordCommand("new_price_list", "n", "new", "A new price list", "/price-lists", WRITE,
             "Make this list?",
             fields=(Input("code", "code, such as wholesale-2026:"), Input("name", "name:"),
                     Input("customer_group", "for which group, or Enter for everybody:", "choice",
                           choices_at=("/customer-groups", "code"), is_optional=True),
                     Input("markets", "in which markets, or Enter for all:", "choices",
                           choices_at=("/markets", "code"), is_optional=True),
                     Input("currency", "currency, such as EUR:")),
             is_new=True),
        RecordCommand("edit_price_list", "e", "change", "Another name, day or turn, or out of use",
             "/price-lists/{id}", WRITE, "Change {name}?", method="PATCH",
             fields=(Input("name", "name:", start="name", is_optional=True),
                     _more("markets", "in which markets, off for all", "names"),
                     _more("starts_on", "first day", "day"), _more("ends_on", "last day", "day"),
                     Input("priority", "in which order, lowest first:", "number",
                           start="priority", is_optional=True),
                     Input("is_active", "in use, yes or no:", "yes", start="is_active",
                           is_optional=True))),
        RecordCommand("set_listed_price", "p", "price", "The price of a SKU, from units on",
             "/price-lists/{id}/prices", WRITE, "Set it in {name}?",
             fields=(Input("sku", "SKU:"),
                     Input("min_quantity", "from how many units on, or Enter for 1:", "number",
                           is_optional=True),
                     Input("price", "price, or off:", "money", may_be_off=True))),
        RecordCommand("import_prices", "i", "file", "Prices from a CSV file",
             "/price-lists/{id}/prices", WRITE, "Set the prices of the file in {name}?",
             fields=(Input("csv", "which file, with sku, min_quantity, price:", "file"),)),
        RecordCommand("download_prices", "d", "download",
             "All its prices as a CSV file, into this folder", "/price-lists/{id}/prices/export",
             WRITE, "Write the prices of {name} into a file?", method="GET"),
        RecordCommand("delete_price_list", "x", "delete", "Delete it with its prices",
             "/price-lists/{id}", WRITE, "Delete {name}?", method="DELETE"),
    ),
    alias="pricelists", needs=WRITE, item="/price-lists/{id}", state="code",
    below="/price-lists/{id}/prices",
    below_shown=(Field("SKU", "sku", width=14), Field("Variant", "title", width=16, grow=1),
                 Field("From", "min_quantity", "count", 5), Field("Price", "price", "money", 10)),
    title="Price lists",
)  # fmt: skip

KINDS = (DISCOUNTS, ORDER_DISCOUNTS, GROUPS, PRICE_LISTS)
