"""What can be done with accounts. The edge opens the transaction; nothing here commits."""

from api.accounts.service.address_book import add_address, edit_address, remove_address
from api.accounts.service.credentials import (
    ResetLetter,
    change_password,
    hash_password,
    make_reset_token,
    redeem_reset,
    request_reset,
    set_password,
)
from api.accounts.service.people import (
    create_staff,
    edit_staff,
    load_principal,
    register_customer,
    rename,
)
from api.accounts.service.sign_ins import (
    SignedIn,
    end_family_of,
    end_sign_in,
    end_sign_ins,
    end_stolen_family,
    forget_expired_tokens,
    open_sign_in,
    rotate,
)

__all__ = [
    "ResetLetter",
    "SignedIn",
    "add_address",
    "change_password",
    "create_staff",
    "edit_address",
    "edit_staff",
    "end_family_of",
    "end_sign_in",
    "end_sign_ins",
    "end_stolen_family",
    "forget_expired_tokens",
    "hash_password",
    "load_principal",
    "make_reset_token",
    "open_sign_in",
    "redeem_reset",
    "register_customer",
    "remove_address",
    "rename",
    "request_reset",
    "rotate",
    "set_password",
]
