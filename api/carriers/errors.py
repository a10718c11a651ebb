"""Errors of carrier accounts."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class CarrierAccountNotFound(NotFound):
    """No such carrier account."""

    code = "carrier_account_not_found"
    sentence = "Carrier account not found."


class CarrierAccountCodeTaken(Conflict):
    """An account with this code exists."""

    code = "carrier_account_code_taken"
    sentence = "A carrier account {account} already exists."


class CarrierAccountInUse(Conflict):
    """Shipping methods or labels refer to the account."""

    code = "carrier_account_in_use"
    sentence = (
        "Shipping methods or labels refer to this account. Switch it off with is_active instead."
    )


class CredentialsIncomplete(Unprocessable):
    """Credentials lack a member that the carrier needs, or have one that it does not know."""

    code = "credentials_incomplete"
    sentence = "An account of this carrier has other credentials. See errors for the members."


class CredentialsUnreadable(Conflict):
    """Credentials were sealed under a SECRET_KEY that is gone."""

    code = "credentials_unreadable"
    sentence = (
        "The credentials of {account} were sealed under a SECRET_KEY that is gone. Enter them "
        "again."
    )
