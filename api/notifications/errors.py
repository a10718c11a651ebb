"""Errors of e-mails."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class EmailNotFound(NotFound):
    """No such e-mail."""

    code = "email_not_found"
    sentence = "There is no such e-mail."


class EmailBeingSent(Conflict):
    """A worker is sending this e-mail at this moment; come again when its claim has run out."""

    code = "email_being_sent"
    sentence = "The e-mail is being sent right now."


class EmailContainsSecret(Unprocessable):
    """The e-mail held something that is stored nowhere, so it cannot be sent again."""

    code = "email_holds_secret"
    sentence = (
        "This e-mail held a secret that was not kept. Let its reader ask for a new one instead."
    )
