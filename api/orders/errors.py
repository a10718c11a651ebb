"""Errors of orders."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class OrderNotFound(NotFound):
    """The order does not exist or belongs to someone else; the answer is the same."""

    code = "order_not_found"
    sentence = "Order not found."


class QuantityExceedsOpen(Unprocessable):
    """More units than are still to be shipped."""

    code = "quantity_exceeds_open"
    sentence = "More units are requested than are still open on the order."


class QuantityExceedsRefundable(Unprocessable):
    """More units than can still be refunded."""

    code = "quantity_exceeds_refundable"
    sentence = "More units are requested than can still be refunded on the order."


class UnknownOrderLine(Unprocessable):
    """A line that is not on this order."""

    code = "unknown_order_line"
    sentence = "One of these lines is not on this order."


class OrderOnHold(Conflict):
    """The order has open holds, so it must not ship yet. Carries the `holds`."""

    code = "order_on_hold"
    sentence = "The order is on hold ({reasons}): release its holds before it ships."


class HoldNotFound(NotFound):
    """No such hold."""

    code = "hold_not_found"
    sentence = "Hold not found."


class HoldReleased(Conflict):
    """The hold was released before. Carries `released_by`."""

    code = "hold_released"
    sentence = "{released_by} has already released this hold."


class NothingToShip(Conflict):
    """All units are shipped or cancelled."""

    code = "nothing_to_ship"
    sentence = "Nothing is left to ship on this order."


class LinkNotFound(NotFound):
    """No link has this secret."""

    code = "link_not_found"
    sentence = "This link is not valid. Copy it from the e-mail again, or ask the shop for another."


class LinkOpened(Conflict):
    """The link was opened before; it opens once."""

    code = "link_opened"
    sentence = "This link was opened before, and opens only once. Ask the shop for another."


class LinkExpired(Conflict):
    """The link is too old, or its quote is no longer valid."""

    code = "link_expired"
    sentence = "This link has expired. Ask the shop for another."


class LinkVoid(Conflict):
    """The order was changed after the link was sent."""

    code = "link_void"
    sentence = (
        "The order was changed after this link was sent. Use the link of the newest e-mail, or ask "
        "the shop for another."
    )


class NothingIsDue(Conflict):
    """There is nothing to pay on the order, so no pay link is sent."""

    code = "nothing_due_on_order"
    sentence = "Nothing is due on this order, so there is nothing to send a pay link for."


class NoteNotFound(NotFound):
    """No such note."""

    code = "note_not_found"
    sentence = "Note not found."


class NotePinnedForCustomer(Unprocessable):
    """A note for the customer that should interrupt shipping."""

    code = "note_pinned_for_customer"
    sentence = "A pinned note is for colleagues: write one for the customer beside it."


class NotesUnread(Conflict):
    """Pinned notes that whoever ships must acknowledge first. Carries the `notes`."""

    code = "notes_unread"
    sentence = (
        "Read the {count} pinned notes of the order first: send their ids as acknowledged_notes, "
        "or acknowledge each."
    )


class TooManyNotes(Conflict):
    """The order has as many notes as it may have."""

    code = "too_many_notes"
    sentence = "An order has at most {most} notes."


class TooManyTags(Conflict):
    """The order would have more tags than it may have."""

    code = "too_many_tags"
    sentence = "An order has at most {most} tags. Remove some first."


class ViewNotFound(NotFound):
    """No such view, or one of somebody else."""

    code = "view_not_found"
    sentence = "View not found."


class ViewNameTaken(Conflict):
    """One's other view has this name."""

    code = "view_name_taken"
    sentence = "You have a view named {name} already."


class TooManyViews(Conflict):
    """One has as many views as one may have."""

    code = "too_many_views"
    sentence = "You have {most} views already. Delete one first."


class ViewsArePersonal(Conflict):
    """Views belong to people: an API key has none."""

    code = "views_are_personal"
    sentence = "Views belong to the person who saved them: sign in to use them."


class HoldRuleNotFound(NotFound):
    """No such rule."""

    code = "hold_rule_not_found"
    sentence = "Rule not found."


class HoldRuleTaken(Conflict):
    """Another rule has this code."""

    code = "hold_rule_taken"
    sentence = "There is a rule {rule} already."


class TooManyHoldRules(Conflict):
    """The shop has as many rules as it may have."""

    code = "too_many_hold_rules"
    sentence = "A shop has at most {most} rules that hold orders."


class HoldRulesUnreadable(Unprocessable):
    """A CSV of rules that cannot be read."""

    code = "hold_rules_unreadable"
    sentence = "The rules cannot be read."
