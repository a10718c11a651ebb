"""Gift cards and store credit: balances, ledgers, and what staff may do with them."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand

REASON = Input("reason", "why:")
TO_WHOM = Input("recipient", "e-mail the code to, or Enter to see it here:", is_optional=True)
LEDGER = (
    Field("When", "at", "when", 13),
    Field("What", "kind", width=9),
    Field("Amount", "amount", "money", 11),
    Field("After", "balance_after", "money", 11),
    Field("Why", "reason", width=12, grow=1),
    Field("Who", "actor", width=12, grow=1),
)

GIFT_CARDS = Kind(
    "gift_cards", "gift card", "Gift cards by the end of their code: what they hold, their ledger",
    "/gift-cards",
    (
        Field("Ends", "last_four", width=6),
        Field("State", "status", "state", 20),
        Field("Holds", "balance", "money", 12, 1),
        Field("Issued", "initial", "money", 12),
        Field("Made", "created_at", "when", 13, from_width=70),
    ),
    (
        Field("valid until", "expires_at", "when"),
        Field("sent to", "recipient"),
        Field("will be sent", "send_at", "when"),
    ),
    (
        RecordCommand("new_gift_card", "n", "new", "Issue a gift card; its code is shown once",
             "/gift-cards", "credit:write", "Issue this gift card?",
             fields=(Input("amount", "amount:", "money"), REASON, TO_WHOM), is_new=True,
             shows_once="code"),
        RecordCommand("replace_code", "c", "new code",
             "Another code, shown once or sent; the one before pays no more",
             "/gift-cards/{id}/replace-code", "credit:write",
             "Give the gift card {name} another code? The one it has pays no more.",
             fields=(REASON, TO_WHOM), shows_once="code",
             allowed_states=("active", "partially_redeemed", "expired")),
        RecordCommand("disable_gift_card", "d", "disable", "It pays no more; its balance stays",
             "/gift-cards/{id}/disable", "credit:write", "Disable the gift card {name}?",
             fields=(REASON,),
             allowed_states=("active", "partially_redeemed", "redeemed", "expired")),
        RecordCommand("enable_gift_card", "e", "enable", "It pays again",
             "/gift-cards/{id}/enable", "credit:write", "Enable the gift card {name}?",
             fields=(REASON,), allowed_states=("disabled",)),
    ),
    alias="gifts", needs="credit:read", item="/gift-cards/{id}",
    below="/gift-cards/{id}/entries", below_shown=LEDGER, named_by="last_four",
    views=(("all", ()), ("active", (("status", "active"),)),
           ("in part", (("status", "partially_redeemed"),)),
           ("disabled", (("status", "disabled"),))),
    title="Gift cards",
)  # fmt: skip

STORE_CREDIT = Kind(
    "store_credit", "store credit", "What customers hold, and how it came and went",
    "/store-credit",
    (
        Field("Customer", "name", width=18, grow=1),
        Field("E-mail", "email", width=22, grow=1),
        Field("Holds", "balance", "money", 12),
    ),
    (Field("since", "created_at", "when"),),
    (
        RecordCommand("give_credit", "n", "give", "Give a customer store credit, by their e-mail",
             "/store-credit", "credit:write", "Give this store credit?",
             fields=(Input("email", "e-mail:"), Input("amount", "amount:", "money"), REASON),
             is_new=True),
        RecordCommand("adjust_credit", "a", "adjust", "More or less of it, such as 5 or -5",
             "/store-credit", "credit:write", "Adjust the store credit of {name}?",
             fields=(Input("amount", "amount, below 0 to deduct:", "signed money"), REASON),
             copied=(("customer_id", "customer_id"),)),
    ),
    alias="credit", needs="credit:read", item="/store-credit/{id}",
    below="/store-credit/{id}/entries", below_shown=LEDGER, title="Store credit",
    state="customer_id",
)  # fmt: skip

KINDS = (GIFT_CARDS, STORE_CREDIT)
