"""Writes of gift cards and store credit.

Lock order: after the order and its payments, before stock levels; gift cards before store credit,
and within one kind by id.
"""

from api.stored_value.service.gift_cards import (
    IssuedGiftCard,
    NewGiftCard,
    disable_gift_card,
    enable_gift_card,
    issue_gift_card,
    merge_gift_card,
    replace_code,
)
from api.stored_value.service.limits import (
    carry_out,
    must_wait_for_card,
    must_wait_for_code,
    must_wait_for_credit,
)
from api.stored_value.service.purchases import (
    Purchase,
    disable_refunded,
    disable_shipped,
    enable_refunded,
    issue_bought,
    make_code,
    send_due,
)
from api.stored_value.service.store_credit import (
    adjust_store_credit,
    credit_bonus,
    credit_customer,
)
from api.stored_value.service.tenders import UsableAccount, give_back, redeem, usable_accounts

__all__ = [
    "IssuedGiftCard",
    "NewGiftCard",
    "Purchase",
    "UsableAccount",
    "adjust_store_credit",
    "carry_out",
    "credit_bonus",
    "credit_customer",
    "disable_gift_card",
    "disable_refunded",
    "disable_shipped",
    "enable_gift_card",
    "enable_refunded",
    "give_back",
    "issue_bought",
    "issue_gift_card",
    "make_code",
    "merge_gift_card",
    "must_wait_for_card",
    "must_wait_for_code",
    "must_wait_for_credit",
    "redeem",
    "replace_code",
    "send_due",
    "usable_accounts",
]
