"""Errors of approvals."""

from api.kernel.errors import Conflict, Forbidden


class ApprovalDecided(Conflict):
    """Somebody decided it before, or it expired. Carries `status`."""

    code = "approval_decided"
    sentence = "This was decided before: it is {status}."


class ApprovalNotYours(Forbidden):
    """Nobody approves what they asked for themselves, or what is above their own limits."""

    code = "approval_not_yours"
    sentence = "A second person must decide this. Those who may: {may_approve}."


class AloneNeedsFactor(Forbidden):
    """The only person of a shop approves their own commands with a second factor."""

    code = "second_factor_missing"
    sentence = "You are the only one here: set up a second factor to approve your own commands."
