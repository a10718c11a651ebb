"""Errors of accounts, sign-ins, invitations, roles and API keys."""

from api.kernel.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unprocessable


class BadCredentials(Unauthenticated):
    """Wrong password, unknown address or deactivated account: the answer does not reveal which."""

    code = "bad_credentials"
    sentence = "The e-mail address or the password is wrong."


class RefreshTokenInvalid(Unauthenticated):
    """Not a refresh token of ours, or its sign-in has ended."""

    code = "token_invalid"
    sentence = "This sign-in has ended. Sign in again."


class RefreshTokenExpired(Unauthenticated):
    """Nobody came back for as long as a sign-in lasts."""

    code = "token_expired"
    sentence = "This sign-in has run out. Sign in again."


class RefreshTokenReused(Unauthenticated):
    """A refresh token came a second time: one of its two holders is a thief."""

    code = "token_reused"
    sentence = "This refresh token was used before, so its sign-in was ended. Sign in again."


class PasswordRefused(Unprocessable):
    """Too easy to guess, or of the wrong length."""

    code = "password_refused"
    sentence = "This password will not do."


class CurrentPasswordWrong(Unprocessable):
    """A change of password without knowing the old one."""

    code = "current_password_wrong"
    sentence = "The current password is wrong."


class EmailAlreadyVerified(Conflict):
    """The address of the account was verified before."""

    code = "email_already_verified"
    sentence = "Your e-mail address is verified already."


class VerificationInvalid(Unprocessable):
    """The token of a link is unknown, used, or older than two days."""

    code = "verification_invalid"
    sentence = "This link is no longer good. Sign in and ask for a new one."


class ResetTokenInvalid(Unprocessable):
    """The token of a reset e-mail is unknown, used or older than an hour."""

    code = "reset_token_invalid"
    sentence = "This link is no longer good. Ask for a new one."


class AccountNotFound(NotFound):
    """No such account."""

    code = "account_not_found"
    sentence = "There is no such account."


class StaffNotFound(NotFound):
    """No such member of staff."""

    code = "staff_not_found"
    sentence = "There is no such member of staff."


class EmailTaken(Conflict):
    """Two members of staff cannot share an address."""

    code = "email_taken"
    sentence = "Someone on the staff has this e-mail address already."


class GrantExceedsOwn(Forbidden):
    """Nobody gives, or takes away, more than they hold themselves."""

    code = "grant_exceeds_own"
    sentence = "The role {role} may do more than you may."


class TerminalNotFound(NotFound):
    """No such terminal, or it was revoked before."""

    code = "terminal_not_found"
    sentence = "Terminal not found."


class TerminalUnknown(Unauthenticated):
    """The key of a terminal is unknown or was revoked."""

    code = "terminal_unknown"
    sentence = "This terminal is not enrolled. Have a code made in the console (:terminals)."


class EnrolmentCodeInvalid(Unprocessable):
    """The code that enrols a terminal is unknown, was used or has run out."""

    code = "enrolment_code_invalid"
    sentence = "This code enrols no terminal: it is good once, for an hour. Have another one made."


class BadgeRefused(Unauthenticated):
    """Badge and PIN do not belong together, or the badge was tried too often."""

    code = "badge_refused"
    sentence = (
        "Badge or PIN is not right. After 10 wrong PINs in a row a badge opens nothing until its"
        " PIN is set anew."
    )


class BadgeTaken(Conflict):
    """The badge is somebody else's."""

    code = "badge_taken"
    sentence = "This badge belongs to somebody else."


class PinTooSimple(Unprocessable):
    """The PIN is one that people try first."""

    code = "pin_too_simple"
    sentence = "Choose a PIN that is not one digit only, and does not count up or down."


class LocationUnknown(Unprocessable):
    """Nobody works at a location that the shop does not have."""

    code = "location_unknown"
    sentence = "There is no location {code}. GET /api/v1/admin/locations lists them."


class RoleUnknown(Unprocessable):
    """Nobody can be given a role that the shop does not have."""

    code = "role_unknown"
    sentence = "There is no role called {role}. GET /api/v1/admin/roles lists them."


class RoleNotFound(NotFound):
    """No such role."""

    code = "role_not_found"
    sentence = "There is no such role."


class RoleNameTaken(Conflict):
    """Two roles of one name could not be told apart."""

    code = "role_name_taken"
    sentence = "There is a role called {name} already."


class LimitInOtherCurrency(Unprocessable):
    """A limit of a role in another currency than the shop's."""

    code = "limit_in_other_currency"
    sentence = "Limits are in {currency}."


class RoleBuiltIn(Unprocessable):
    """What the roles of every shop hold comes with the release."""

    code = "role_built_in"
    sentence = "The role {name} is the same in every shop. Make a role of your own instead."


class RoleInUse(Conflict):
    """Somebody would be left without a role."""

    code = "role_in_use"
    sentence = "Somebody has this role, active or not. Give them another one first."


class InvitationNotFound(NotFound):
    """The invitation does not exist, was accepted or was revoked."""

    code = "invitation_not_found"
    sentence = "There is no such open invitation."


class InvitationInvalid(Unprocessable):
    """The code of an invitation e-mail is unknown, used, revoked, or older than two weeks."""

    code = "invitation_invalid"
    sentence = "This invitation is no longer good. Ask for a new one."


class ApiKeyNotFound(NotFound):
    """No such key, or one that is not good any more."""

    code = "api_key_not_found"
    sentence = "There is no such key, or it is not good any more."


class ApiKeyRotating(Conflict):
    """A third key of one program would be one too many to keep in view."""

    code = "api_key_rotating"
    sentence = "Two keys of {name} are good now. Revoke one of them first."


class SecondFactorRequired(Unauthenticated):
    """The password was right, and the code of the app is still to come."""

    code = "second_factor_required"
    sentence = "Send the code of your app, or a recovery code, along as `code`."


class SecondFactorWrong(Unprocessable):
    """A code that is not of this moment, or was used before."""

    code = "second_factor_wrong"
    sentence = "This code is wrong, or was used before. Wait for the next one."


class SecondFactorExists(Conflict):
    """Whoever could replace a factor without showing it could come in without it."""

    code = "second_factor_exists"
    sentence = "You have a second factor. Give it up first, with one of its codes."


class SecondFactorNeeded(Unprocessable):
    """The role requires one."""

    code = "second_factor_needed"
    sentence = "Your role requires a second factor, so it cannot be given up."


class LastOwner(Conflict):
    """A shop without an owner could never get one again."""

    code = "last_owner"
    sentence = "This is the last active owner. Make someone else an owner first."


class SessionNotFound(NotFound):
    """No such sign-in of this person, or it has ended."""

    code = "session_not_found"
    sentence = "There is no such session."


class AddressNotFound(NotFound):
    """No such address of this customer."""

    code = "address_not_found"
    sentence = "There is no such address."


class AddressIncomplete(Unprocessable):
    """A change that would leave an address that its country cannot deliver to."""

    code = "address_incomplete"
    sentence = "With this change the address does not fit its country."


class TooManyAddresses(Unprocessable):
    """An address book has an end."""

    code = "too_many_addresses"
    sentence = "An address book holds at most {most} addresses. Delete one first."


class GroupNotFound(NotFound):
    """No such group of customers."""

    code = "group_not_found"
    sentence = "Customer group not found."


class GroupCodeTaken(Conflict):
    """A group with this code exists."""

    code = "group_code_taken"
    sentence = "A customer group {group} already exists."


class GroupInUse(Conflict):
    """A price list is for this group."""

    code = "group_in_use"
    sentence = "A price list is for this group. Delete the list first."


class CustomersUnknown(Unprocessable):
    """E-mail addresses without a customer account; nobody was added or removed."""

    code = "customers_unknown"
    sentence = "{count} of the addresses have no customer account, so nothing was changed."


class TooManyCustomerNotes(Conflict):
    """The customer has as many notes as one may have."""

    code = "too_many_customer_notes"
    sentence = "A customer has at most {most} notes."
