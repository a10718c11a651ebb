"""Accounts at carriers, and the labels that are bought from them."""

from __future__ import annotations

from console.flows.records.shapes import STATION, Field, Input, Kind, RecordCommand

CARRIERS = ("dhl", "dpd", "gls", "postnl", "ups")
LABEL_WITHIN = 30.0
"""Seconds that the shop may take to buy or void a label: it waits 20 for the carrier."""

_WEIGHT = Input("weight_grams", "weight in g, or Enter for that of the goods:", "number",
                is_optional=True)  # fmt: skip


def _credential(name: str, label: str, form: str, *carriers: str) -> Input:
    return Input(
        f"credentials.{name}", f"{label}:", form, only_where=("carrier", carriers),
        is_optional="or Enter" in label,
    )  # fmt: skip


CREDENTIALS = (
    _credential("username", "user of the business portal", "text", "dhl"),
    _credential("login", "login", "text", "dpd"),
    _credential("password", "its password", "secret", "dhl", "dpd"),
    _credential("client_id", "client id of the interface", "text", "dhl", "gls", "ups"),
    _credential("client_secret", "its client secret", "secret", "dhl", "gls", "ups"),
    _credential("billing_number", "billing number, or V01PAK=...,V53WPAK=...", "text", "dhl"),
    _credential("business_unit", "business unit, such as 001", "text", "dpd"),
    _credential("customer_id", "customer id", "text", "dpd"),
    _credential("customer_account_number", "account number, or Enter", "text", "dpd"),
    _credential("contact_id", "contact id", "text", "gls"),
    _credential("api_key", "API key", "secret", "postnl"),
    _credential("customer_code", "customer code", "text", "postnl"),
    _credential("customer_number", "customer number", "text", "postnl"),
    _credential("collection_location", "collection location, or Enter", "text", "postnl"),
    _credential("account_number", "account number", "text", "ups"),
)  # fmt: skip

ACCOUNTS = Kind(
    "carrier_accounts", "account", "Accounts at carriers, from which labels are bought",
    "/carrier-accounts",
    (
        Field("Code", "code", width=12),
        Field("Name", "name", width=18, grow=1),
        Field("Carrier", "carrier", width=8),
        Field("Mode", "mode", width=6),
        Field("Labels", "label_format", width=6),
        Field("Webhook", "has_webhook", "yes", 7, from_width=70),
        Field("In use", "is_active", "yes", 6),
    ),
    (),
    (
        RecordCommand("new_account", "n", "new", "A new account at a carrier; its credentials are "
             "encrypted and never shown again", "/carrier-accounts", "keys:write",
             "Add this account?",
             fields=(Input("carrier", "carrier:", "choice", CARRIERS),
                     Input("code", "code, such as dhl-de:"), Input("name", "name:"),
                     Input("mode", "test or live labels:", "choice", ("test", "live")),
                     Input("label_format", "labels as:", "choice", ("PDF", "ZPL")), *CREDENTIALS),
             is_new=True),
        RecordCommand("edit_account", "e", "change", "Another name, test or live, or out of use",
             "/carrier-accounts/{id}", "keys:write", "Change {name}?", method="PATCH",
             fields=(Input("name", "name:", start="name", is_optional=True),
                     Input("mode", "test or live labels:", "choice", ("test", "live"),
                           start="mode", is_optional=True),
                     Input("label_format", "labels as:", "choice", ("PDF", "ZPL"),
                           start="label_format", is_optional=True),
                     Input("is_active", "in use, yes or no:", "yes", start="is_active",
                           is_optional=True))),
        RecordCommand("set_credentials", "k", "credentials", "Other credentials, all of them",
             "/carrier-accounts/{id}", "keys:write", "Replace the credentials of {name}?",
             method="PATCH", fields=CREDENTIALS),
        RecordCommand("check_account", "t", "test", "Whether the carrier takes its credentials",
             "/carrier-accounts/{id}/check", "keys:write", "Sign in at the carrier of {name}?",
             shows_once="message"),
        RecordCommand("renew_webhook", "w", "webhook", "A secret URL to which the carrier sends "
             "where parcels are; the one of before ends", "/carrier-accounts/{id}/webhook-url",
             "keys:write", "Make a new URL for {name}? The one of before ends at once.",
             shows_once="url"),
        RecordCommand("drop_account", "d", "delete", "Delete an account that nothing uses",
             "/carrier-accounts/{id}", "keys:write", "Delete {name} for good?", method="DELETE"),
    ),
    alias="carriers", needs="keys:read", item="/carrier-accounts/{id}", state="is_active",
    title="Carrier accounts",
)  # fmt: skip

BUY = RecordCommand("buy_label", "l", "label", "Buy the label of an open parcel, once",
    "/fulfilments/{id}/label", "fulfilment:write", "Buy the label of {name}?",
    fields=(_WEIGHT,
            Input("account", "from another account than its method's, by code, or Enter:",
                  is_optional=True),
            Input("service", "another product of the carrier, by its code, or Enter:",
                  is_optional=True)),
    allowed_states=("open",), answers_within=LABEL_WITHIN)  # fmt: skip
"""Of parcels."""

LABELS = Kind(
    "labels", "label", "The labels that were bought for the parcels of an order",
    "/orders/{about}/labels",
    (
        Field("Label", "reference", width=14),
        Field("State", "state", "state", 11),
        Field("Carrier", "carrier", width=8),
        Field("Tracking number", "tracking_number", width=16, grow=1),
        Field("Service", "service", width=8, from_width=70),
        Field("Asked for", "created_at", "when", 12, from_width=84),
    ),
    (
        Field("account", "account"),
        Field("only a test", "is_test", "yes"),
        Field("grams", "weight_grams", "count"),
        Field("as", "label_format"),
        Field("problem", "error"),
        Field("by", "created_by"),
        Field("bought", "bought_at", "when"),
        Field("voided", "voided_at", "when"),
        Field("customs", "customs.lines", "customs"),
    ),
    (
        RecordCommand("print_label", "p", "print", "Print it at a station",
             "/labels/{id}/print", "fulfilment:write", "Print {name}?",
             fields=(STATION,), allowed_states=("bought",), answers_within=LABEL_WITHIN),
        RecordCommand("save_label", "f", "file", "Write it into a file", "/labels/{id}/file",
             "fulfilment:write", "Write {name} into a file?", method="GET",
             file="label-{name}.{label_format}", allowed_states=("bought", "voided")),
        RecordCommand("void_label", "v", "void", "Void it at its carrier, so that another one may "
             "be bought", "/labels/{id}/void", "fulfilment:write", "Void {name}?",
             fields=(Input("is_voided_elsewhere", "voided on the carrier's own pages, yes or no:",
                           "yes", is_optional=True),),
             allowed_states=("bought",), answers_within=LABEL_WITHIN),
        RecordCommand("settle_label", "t", "settle", "Its answer never came: say what became of it",
             "/labels/{id}/settle", "fulfilment:write", "Is this what became of {name}?",
             fields=(Input("tracking_number", "number on the carrier's pages, or Enter if it was "
                           "not bought:", "tracking", is_optional=True),),
             allowed_states=("requested",), answers_within=LABEL_WITHIN),
    ),
    about="path", is_whole=True, item="/labels/{id}", named_by="reference", state="state",
)  # fmt: skip

TRACKING_EVENTS = Kind(
    "tracking_events", "event", "What the carrier said of a parcel, the newest first",
    "/fulfilments/{about}/tracking",
    (
        Field("State", "status", "state", 22),
        Field("When", "occurred_at", "when", 12),
        Field("What", "description", width=16, grow=1),
        Field("By", "source", width=8),
    ),
    (), about="path", is_whole=True, named_by="status",
)  # fmt: skip

CUSTOMS_FORM = Kind(
    "customs_form", "form", "What a customs form (CN23) says of a parcel",
    "/fulfilments/{about}/customs",
    (
        Field("Parcel", "number", width=12),
        Field("Needed", "is_needed", "yes", 6),
        Field("Value", "value", "money", 12),
        Field("Net in g", "net_weight_grams", "count", 8),
        Field("Missing", "missing", "sentences", 20, grow=1),
    ),
    (
        Field("category", "category", "state"),
        Field("postage", "postage", "money"),
        Field("goods", "lines", "customs"),
        Field("from", "sender.label_lines", "list"),
        Field("to", "recipient.label_lines", "list"),
    ),
    (
        RecordCommand("print_customs", "o", "print", "Print it at a station, to be signed",
             "/fulfilments/{about}/customs/print", "fulfilment:write",
             "Print the customs form of {name}?", fields=(STATION,), answers_within=LABEL_WITHIN),
        RecordCommand("save_customs", "p", "paper", "Write it into a file, to be signed",
             "/fulfilments/{about}/customs/paper", "fulfilment:write",
             "Write the customs form of {name} into a file?", method="GET",
             file="customs-{name}.pdf"),
    ),
    about="path", is_single=True, named_by="number", identified_by="number",
)  # fmt: skip

TRACKING_FILE = RecordCommand("import_tracking", "t", "tracking", "Read a carrier's file of where "
    "parcels are", "/tracking/import", "fulfilment:write", "Read this file? All of it, or nothing.",
    fields=(Input("csv", "file with tracking_number, status, occurred_at:", "file"),), is_new=True,
    shows_once="new_events")  # fmt: skip
"""Of manifests."""

KINDS = (ACCOUNTS, LABELS, TRACKING_EVENTS, CUSTOMS_FORM)
