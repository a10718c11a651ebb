"""What can be done with accounts. The edge opens the transaction; nothing here commits."""

from api.accounts.service.address_book import add_address, edit_address, remove_address
from api.accounts.service.api_keys import (
    MadeKey,
    check_publishable,
    create_key,
    load_key,
    revoke_key,
    rotate_key,
)
from api.accounts.service.invitations import (
    InvitationLetter,
    accept,
    invite,
    make_invitation_token,
    revoke,
)
from api.accounts.service.invitations import purge_old as forget_old_invitations
from api.accounts.service.passwords import (
    ResetLetter,
    change_password,
    hash_password,
    make_reset_token,
    redeem_reset,
    request_reset,
    set_password,
)
from api.accounts.service.roles import create_role, delete_role, edit_role
from api.accounts.service.sessions import (
    SignedIn,
    end_session,
    end_sessions,
    note_refused_sign_in,
    open_session,
    purge_expired_tokens,
    revoke_stolen_family,
    revoke_token_family,
    rotate,
)
from api.accounts.service.users import (
    create_staff,
    edit_staff,
    load_principal,
    register_customer,
    rename,
)

__all__ = [
    "InvitationLetter",
    "MadeKey",
    "ResetLetter",
    "SignedIn",
    "accept",
    "add_address",
    "change_password",
    "check_publishable",
    "create_key",
    "create_role",
    "create_staff",
    "delete_role",
    "edit_address",
    "edit_role",
    "edit_staff",
    "end_session",
    "end_sessions",
    "forget_old_invitations",
    "hash_password",
    "invite",
    "load_key",
    "load_principal",
    "make_invitation_token",
    "make_reset_token",
    "note_refused_sign_in",
    "open_session",
    "purge_expired_tokens",
    "redeem_reset",
    "register_customer",
    "remove_address",
    "rename",
    "request_reset",
    "revoke",
    "revoke_key",
    "revoke_stolen_family",
    "revoke_token_family",
    "rotate",
    "rotate_key",
    "set_password",
]
