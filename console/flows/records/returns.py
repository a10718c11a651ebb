"""Records of returns and claims, and of what the shop says about them."""

from __future__ import annotations

from console.flows.records.shapes import STATION, Field, Input, Kind, RecordCommand

WRITE = "returns:write"
SETTINGS = "pricing:write"
GOING_ON = ("approved", "in_transit", "received", "inspected")
EXCHANGE = (
    Input("sku", "comes back, scan it:"), Input("for_sku", "goes out instead, scan it:"),
)  # fmt: skip

RETURNS = Kind(
    "returns", "return", "Goods that come back, by state and age", "/returns",
    (
        Field("Return", "number", width=12),
        Field("Order", "order_number", width=8),
        Field("Customer", "customer_name", width=14, grow=1),
        Field("Kind", "kind", "state", 11, from_width=84),
        Field("State", "status", "state", 12),
        Field("Units", "units", "count", 6),
        Field("Came", "received_units", "count", 6),
        Field("Since", "created_at", "when", 12, from_width=80),
    ),
    (
        Field("refund due", "refund_due_at", "when"),
        Field("came", "received_at", "when"),
        Field("asked by", "created_by"),
        Field("note", "note"),
        Field("decided", "decision"),
        Field("sent with", "carrier"),
        Field("tracking", "tracking_number"),
    ),
    (
        RecordCommand("approve_return", "a", "approve", "Have it sent: its customer gets the slip",
             "/returns/{id}/approve", WRITE, "Approve {name}?", allowed_states=("requested",)),
        RecordCommand("reject_return", "j", "reject", "Refuse it, and tell the customer why",
             "/returns/{id}/reject", WRITE, "Reject {name}?",
             fields=(Input("reason", "why:"),), allowed_states=("requested",)),
        RecordCommand("post_return", "t", "sent", "Its customer has shown that it was sent",
             "/returns/{id}/posted", WRITE, "{name} is on its way?",
             fields=(Input("carrier", "carrier:"),
                     Input("tracking_number", "tracking number, or Enter:", is_optional=True)),
             allowed_states=("approved", "in_transit")),
        RecordCommand("cancel_return", "c", "cancel", "Nothing of it came, nor will",
             "/returns/{id}/cancel", WRITE, "Cancel {name}?",
             allowed_states=("requested", "approved", "in_transit")),
        RecordCommand("close_return", "x", "close", "It is over, refunded or not",
             "/returns/{id}/close", WRITE, "Close {name}? Units that never came may come later.",
             allowed_states=("approved", "in_transit", "received", "inspected")),
        RecordCommand("quote_exchange", "q", "try", "What an exchange would cost",
             "/returns/{id}/exchange/quote", WRITE, "Work it out?", fields=EXCHANGE,
             wrapped_in="lines", shows_once="explanation", allowed_states=GOING_ON),
        RecordCommand("exchange_return", "e", "exchange", "Other goods for some of it: reserved "
             "now, sent once it came and they are paid", "/returns/{id}/exchange", WRITE,
             "Exchange it? What the goods cost more is due: l on the order mails a pay link.",
             fields=EXCHANGE, wrapped_in="lines", allowed_states=GOING_ON),
        RecordCommand("exchange_on_credit", "k", "on credit", "Exchange it; the customer's store "
             "credit pays what the goods cost more", "/returns/{id}/exchange", WRITE,
             "Exchange it, and take the difference from the store credit?", fields=EXCHANGE,
             wrapped_in="lines", constants=(("pay_with_credit", True),), allowed_states=GOING_ON),
        RecordCommand("print_return", "p", "slip", "Print its slip with the barcode",
             "/returns/{id}/print", WRITE, "Print the slip of {name}?", fields=(STATION,)),
        RecordCommand("cancel_exchange", "u", "undo exch.", "Give no other goods for it after all",
             "/returns/{id}/exchange/cancel", WRITE, "Take the other goods off the order again?",
             allowed_states=GOING_ON),
    ),
    alias="n", needs="orders:read", about="order_id", item="/returns/{id}", state="status",
    views=(("open", (("state", "open"),)), ("requested", (("state", "requested"),)),
           ("came", (("state", "received"),)), ("inspected", (("state", "inspected"),)),
           ("withdrawals", (("kind", "withdrawal"), ("state", "open"))), ("all", ())),
    named_by="number", title="Returns",
)  # fmt: skip

CLAIMS = Kind(
    "claims", "claim", "Units that were broken, lost or wrong", "/claims",
    (
        Field("Order", "order_number", width=8),
        Field("What", "kind", "state", 9),
        Field("State", "status", "state", 11),
        Field("Note", "note", width=20, grow=1),
        Field("By", "created_by", width=14, from_width=90),
        Field("Since", "created_at", "when", 12, from_width=76),
    ),
    (
        Field("goods", "lines", "goods"),
        Field("photos", "photos", "links"),
        Field("decided", "decision"),
        Field("settled", "resolved_at", "when"),
    ),
    (
        RecordCommand("new_claim", "n", "new", "Units of this order were broken, lost or wrong",
             "/orders/{about}/claims", WRITE, "Open this claim?", is_new=True,
             fields=(Input("kind", "they are:", "choice", ("broken", "lost", "wrong")),
                     Input("goods", "units, scanned or as in MUG 2, JUG:", "goods"),
                     Input("note", "note, or Enter:", is_optional=True),
                     Input("links", "https links of photos, or Enter:", "names",
                           is_optional=True))),
        RecordCommand("approve_claim", "a", "approve", "It is right; then replace or refund",
             "/claims/{id}/approve", WRITE, "Approve this claim?", allowed_states=("open",)),
        RecordCommand("deny_claim", "j", "deny", "It is not; its customer may claim again",
             "/claims/{id}/deny", WRITE, "Deny this claim?", allowed_states=("open", "approved"),
             fields=(Input("note", "why:"),)),
        RecordCommand("replace_claim", "r", "replace", "Send the units again at no charge",
             "/claims/{id}/resolve", WRITE, "Add the units to the order again at no charge?",
             constants=(("replace", True),), allowed_states=("approved",)),
        RecordCommand("settle_claim", "x", "settled", "It is settled another way",
             "/claims/{id}/resolve", WRITE, "Is it settled?", allowed_states=("approved",),
             fields=(Input("note", "how:"),)),
    ),
    alias="claims", needs="orders:read", about="order_id", item="/claims/{id}",
    views=(("open", (("status", "open"),)), ("approved", (("status", "approved"),)),
           ("resolved", (("status", "resolved"),)), ("denied", (("status", "denied"),)),
           ("all", ())),
    named_by="order_number",
)  # fmt: skip

CONDITIONS = ("any", "unused", "sealed")
RULES = ("never", "whole_order")
EXCLUSIONS = (
    "custom_made", "perishable", "sealed_hygiene", "mixed", "sealed_media", "periodical",
    "dated_service", "digital",
)  # fmt: skip
RULE_INPUTS = (
    Input("window_days", "days from the last arrival:", "number", start="window_days",
          is_optional=True),
    Input("condition", "condition, or Enter:", "choice", CONDITIONS, start="condition",
          is_optional=True),
    Input("is_final_sale", "final sale, yes or no, or Enter:", "yes", start="is_final_sale",
          is_optional=True),
    Input("restocking_fee", "restocking fee in percent, or Enter:", "share",
          start="restocking_fee", is_optional=True),
    Input("credit_bonus", "bonus for store credit in percent, or Enter:", "share",
          start="credit_bonus", is_optional=True),
    Input("shipping_rule", "shipping goes back, or Enter:", "choice", RULES,
          start="shipping_rule", is_optional=True),
)  # fmt: skip

POLICIES = Kind(
    "return_policies", "policy", "How goods may be returned: the narrowest one counts",
    "/return-policies",
    (
        Field("Product", "product", width=16, grow=1),
        Field("Market", "market", width=8),
        Field("Days", "window_days", "count", 5),
        Field("Condition", "condition", width=9),
        Field("Final", "is_final_sale", "yes", 5),
        Field("Fee", "restocking_fee", "share", 6),
        Field("Bonus", "credit_bonus", "share", 6, from_width=76),
        Field("Postage", "shipping_rule", width=11, from_width=76),
    ),
    (Field("no withdrawal", "withdrawal_exclusion"),),
    (
        RecordCommand("new_policy", "n", "new", "A policy for a product, a market, or everything",
             "/return-policies", SETTINGS, "Make this policy?", is_new=True,
             fields=(Input("sku", "scan an article of the product, or Enter for all:",
                           is_optional=True),
                     Input("market", "market's code, or Enter for all:", is_optional=True),
                     RULE_INPUTS[0]._replace(is_optional=False), *RULE_INPUTS[1:],
                     Input("withdrawal_exclusion", "no right of withdrawal because, or Enter:",
                           "choice", EXCLUSIONS, is_optional=True))),
        RecordCommand("edit_policy", "e", "change", "Other days, condition, fee or bonus",
             "/return-policies/{id}", SETTINGS, "Change this policy?", method="PATCH",
             fields=RULE_INPUTS),
        RecordCommand("drop_policy", "d", "delete", "Delete it: the next wider one counts",
             "/return-policies/{id}", SETTINGS, "Delete this policy?", method="DELETE"),
    ),
    alias="returnpolicies", needs="orders:read", item="/return-policies/{id}",
    title="Return policies", named_by="product", state="condition",
)  # fmt: skip

REASONS = Kind(
    "return_reasons", "reason", "Why goods come back: what customers choose from",
    "/return-reasons",
    (
        Field("Code", "code", width=16),
        Field("English", "labels.en", width=20, grow=1),
        Field("German", "labels.de", width=20, grow=1),
        Field("Defect", "counts_as_defect", "yes", 6),
        Field("In use", "is_active", "yes", 6),
    ),
    (),
    (
        RecordCommand("edit_reason", "e", "change", "Other words, or no longer in use",
             "/return-reasons/{code}", SETTINGS, "Change {name}?", method="PUT",
             copied=(("labels", "labels"), ("counts_as_defect", "counts_as_defect"),
                     ("is_active", "is_active"), ("position", "position")),
             fields=(Input("labels.en", "in English:", start="labels.en", is_optional=True),
                     Input("labels.de", "in German:", start="labels.de", is_optional=True),
                     Input("counts_as_defect", "counts as defect, yes or no:", "yes",
                           start="counts_as_defect", is_optional=True),
                     Input("position", "shown in which order:", "number", start="position",
                           is_optional=True),
                     Input("is_active", "in use, yes or no:", "yes", start="is_active",
                           is_optional=True))),
    ),
    alias="returnreasons", needs="orders:read", title="Return reasons", named_by="code",
    identified_by="code", state="is_active", is_whole=True, rows_in="reasons",
)  # fmt: skip

TEXTS = Kind(
    "return_texts", "sentence", "What slips, e-mails and the withdrawal say, by language",
    "/return-texts",
    (
        Field("Language", "language", width=8),
        Field("Name", "name", width=16),
        Field("Text", "text", width=30, grow=1),
        Field("Own", "is_own", "yes", 4),
    ),
    (Field("", "text"),),
    (
        RecordCommand("edit_text", "e", "change", "Another sentence, instead of the built-in one",
             "/return-texts/{language}", SETTINGS, "Write this sentence?", method="PATCH",
             copied=(("name", "name"),),
             fields=(Input("text", "text:", start="text"),)),
    ),
    alias="returntexts", needs="orders:read", title="Return texts", state="is_own",
    is_whole=True, rows_in="texts",
)  # fmt: skip

HOLIDAYS = Kind(
    "public_holidays", "holiday", "Days on which no period of withdrawal ends",
    "/public-holidays",
    (
        Field("Day", "day", width=10),
        Field("Name", "name", width=20, grow=1),
        Field("Market", "market", width=10),
    ),
    (),
    (
        RecordCommand("new_holiday", "n", "new", "A public holiday of a market, or of all",
             "/public-holidays", SETTINGS, "Add this day?", is_new=True,
             fields=(Input("day", "day, such as 2026-12-25:", "day"), Input("name", "name:"),
                     Input("market", "market's code, or Enter for all:", is_optional=True))),
        RecordCommand("drop_holiday", "d", "delete", "It is none",
             "/public-holidays/{id}/remove", SETTINGS, "Delete {name}?"),
    ),
    alias="holidays", needs="orders:read", title="Public holidays", state="market",
)  # fmt: skip

KINDS = (RETURNS, CLAIMS, POLICIES, REASONS, TEXTS, HOLIDAYS)
