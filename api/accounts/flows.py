"""Coming in: what takes a look, then some hashing, then a transaction.

Passwords are hashed and compared between transactions, because that takes as long as a dozen of
them; the transaction then checks that nothing changed meanwhile.
"""

from uuid import UUID

import structlog

from api.accounts import passwords, queries, service, tokens
from api.accounts.errors import (
    BadCredentials,
    BadgeRefused,
    CurrentPasswordWrong,
    EmailTaken,
    GrantExceedsOwn,
    InvitationInvalid,
    RefreshTokenReused,
    ResetTokenInvalid,
    RoleUnknown,
    SecondFactorRequired,
    SecondFactorWrong,
    StaffNotFound,
    TerminalUnknown,
)
from api.accounts.queries import staff as staff_queries
from api.accounts.roles import AccountKind
from api.accounts.user_agents import Device
from api.kernel.principal import Principal
from api.platform import rate_limits, security_log
from api.platform.auth import hash_secret
from api.platform.db import end_read_transaction, transaction

_log = structlog.get_logger("api.accounts")


def register(*, email: str, full_name: str, password: str) -> None:
    """Open a customer account, or let the owner of the address know that someone tried.

    The password is hashed either way: a known address takes as long as a new one.
    """
    password_hash = service.hash_password(password, email=email)
    with transaction():
        service.register_customer(email=email, full_name=full_name, password_hash=password_hash)


def sign_in(
    kind: AccountKind,
    *,
    email: str,
    password: str,
    device: Device,
    device_token: str | None = None,
    code: str | None = None,
) -> dict[str, object]:
    """Let someone in by their password, and by a code where they have a second factor.

    An unknown address is compared with a decoy, so that it takes as long as a wrong password.
    Raises `BadCredentials` for both, and for an account that is switched off.
    """
    account = queries.find_account(kind, email)
    end_read_transaction()
    stored = account.password_hash if account else passwords.DECOY
    is_right = passwords.matches(stored, password)
    if account is None or not is_right or not account.is_active:
        _note_refused(kind, None if account is None else account.id, email, device)
        raise BadCredentials
    fresh_hash = passwords.hashed(password) if passwords.needs_rehash(stored) else None
    try:
        with transaction():
            signed_in = service.open_session(
                account.id, verified_hash=stored, fresh_hash=fresh_hash, device=device
            )
            if kind is AccountKind.STAFF and service.has_second_factor(account.id):
                if code is None:
                    raise SecondFactorRequired
                service.step_up(account.id, code, sign_in=signed_in.sign_in_id)
    except SecondFactorWrong:
        _note_refused(kind, account.id, email, device)
        raise
    return _answer(signed_in) | {"device_token": rate_limits.device_token(email, device_token)}


def sign_in_by_badge(
    *, terminal_key: str, badge: str, pin: str, device: Device
) -> dict[str, object]:
    """Let someone in at a terminal, by their badge and its PIN.

    The try is counted before the PIN is compared. An unknown badge is compared with a decoy.
    Raises `TerminalUnknown`, `BadgeRefused`, and `BadCredentials` for whoever was switched off.
    """
    with transaction():
        terminal = service.use_terminal(terminal_key)
        found = None if terminal is None else service.take_try(badge)
    if terminal is None:
        security_log.refused("terminal_refused")
        raise TerminalUnknown
    user_id, stored = (None, passwords.DECOY) if found is None else found
    if not passwords.matches(stored, pin) or user_id is None:
        _note_refused(AccountKind.STAFF, user_id, badge, device)
        raise BadgeRefused
    with transaction():
        signed_in = service.open_terminal_session(user_id, terminal, device=device)
        service.forget_tries(user_id)
    return _answer(signed_in)


def set_badge(user_id: UUID, *, code: str | None, pin: str, by: Principal) -> None:
    """Give somebody a badge and a PIN, which is hashed between transactions."""
    service.check_pin(pin)
    pin_hash = passwords.hashed(pin)
    with transaction():
        service.set_badge(user_id, code, pin_hash=pin_hash, by=by)


def set_pin(by: Principal, *, current: str, pin: str) -> None:
    """Change the PIN of one's badge, against one's password."""
    assert by.id is not None
    service.check_pin(pin)
    _check_password(by.id, current)
    pin_hash = passwords.hashed(pin)
    with transaction():
        service.set_pin(by.id, pin_hash=pin_hash, by=by)


def _note_refused(kind: AccountKind, user_id: UUID | None, email: str, device: Device) -> None:
    """Tell the logs that somebody was not let in, and the owner when it was about staff."""
    name = hash_secret(email.lower())[:12]
    _log.warning("sign_in_refused", kind=kind.value, account=name)
    security_log.refused("sign_in_refused", kind=kind.value, account=name)
    if kind is AccountKind.STAFF:
        with transaction():
            service.note_refused_sign_in(user_id, name=name, device=device)


def refresh(kind: AccountKind, token: str, *, device: Device) -> dict[str, object]:
    """Go on with a sign-in by its refresh token, which is then spent.

    A token that was spent before ends the whole sign-in, in a transaction of its own, so that the
    refusal does not undo it.
    """
    try:
        with transaction():
            signed_in = service.rotate(kind, token, device=device)
    except RefreshTokenReused:
        with transaction():
            service.revoke_stolen_family(kind, token)
        _log.warning("refresh_token_reused", kind=kind.value)
        security_log.refused("refresh_token_reused", kind=kind.value)
        raise
    return _answer(signed_in)


def begin_second_factor(by: Principal, *, current: str) -> service.Enrolment:
    """Make a secret for somebody's app, against their password."""
    assert by.id is not None
    _check_password(by.id, current)
    with transaction():
        return service.begin_second_factor(by)


def change_password(user_id: UUID, *, current: str, new: str, keep: UUID | None) -> None:
    """Change one's own password; every other sign-in ends. Refuses without the current one."""
    account = _check_password(user_id, current)
    fresh_hash = service.hash_password(new, email=account.email)
    with transaction():
        service.change_password(
            user_id, verified_hash=account.password_hash, fresh_hash=fresh_hash, keep=keep
        )


def _check_password(user_id: UUID, current: str) -> queries.Account:
    """Return the account of whoever shows its password. Raises `CurrentPasswordWrong`."""
    account = queries.get_account(user_id)
    end_read_transaction()
    if not passwords.matches(account.password_hash, current):
        raise CurrentPasswordWrong(
            errors=[
                {
                    "pointer": "/current_password",
                    "in": "body",
                    "code": CurrentPasswordWrong.code,
                    "detail": CurrentPasswordWrong.sentence,
                }
            ]
        )
    return account


def reset_password(*, token: str, password: str) -> None:
    """Set a new password with the token of a reset e-mail; every sign-in ends."""
    account = queries.find_reset_owner(token)
    if account is None:
        security_log.refused("reset_token_refused")
        raise ResetTokenInvalid
    fresh_hash = service.hash_password(password, email=account.email)
    with transaction():
        service.redeem_reset(account.id, token=token, fresh_hash=fresh_hash)


def accept_invitation(*, token: str, password: str) -> UUID:
    """Take the invited person on with the password that they chose, and return their id."""
    email = staff_queries.invited_email(token)
    password_hash = service.hash_password(password, email=email)
    try:
        with transaction():
            return service.accept(token, password_hash=password_hash)
    except (EmailTaken, GrantExceedsOwn, RoleUnknown) as changed:
        # Without changes: the caller has only the code of an e-mail and is not signed in yet.
        raise InvitationInvalid from changed


def create_staff_user(
    *, email: str, full_name: str, role: str, password: str, by: Principal
) -> UUID:
    """Take someone on with a first password, and return their id."""
    password_hash = service.hash_password(password, email=email)
    with transaction():
        return service.create_staff(
            email=email, full_name=full_name, role=role, password_hash=password_hash, by=by
        )


def replace_staff_password(email: str, *, password: str, by: Principal) -> None:
    """Give a member of staff a new password without the old one; for the shop's own shell."""
    account = queries.find_account(AccountKind.STAFF, email)
    if account is None:
        raise StaffNotFound
    fresh_hash = service.hash_password(password, email=account.email)
    with transaction():
        service.set_password(account.id, fresh_hash=fresh_hash, by=by)


def _answer(signed_in: service.SignedIn) -> dict[str, object]:
    access_token = tokens.access_token(
        signed_in.user["id"],
        kind=signed_in.kind,
        sign_in_id=signed_in.sign_in_id,
        groups=[group["id"] for group in signed_in.user.get("groups", ())],
    )
    return {
        "access_token": access_token,
        "refresh_token": signed_in.refresh_token,
        "token_type": "Bearer",
        "expires_in": int(tokens.access_lasts().total_seconds()),
        "user": signed_in.user,
    }
