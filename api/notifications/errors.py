"""What the post room refuses."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class EmailNotFound(NotFound):
    """No such letter."""

    code = "letter_not_found"
    sentence = "There is no such letter."


class EmailBeingSent(Conflict):
    """A worker is sending this letter at this moment; come again when its claim has run out."""

    code = "letter_in_hand"
    sentence = "The letter is being sent right now."


class EmailContainsSecret(Unprocessable):
    """The letter held something that is stored nowhere, so it cannot be sent again."""

    code = "letter_holds_secret"
    sentence = (
        "This letter held a secret that was not kept. Let its reader ask for a new one instead."
    )
