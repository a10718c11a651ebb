"""Errors of the attention list."""

from api.kernel.errors import Conflict


class AttentionCommandUnfit(Conflict):
    """The command does not apply to items of this kind. Carries `kind` and `allowed`."""

    code = "attention_command_unfit"
    sentence = "An item of the kind {kind} cannot be resolved by {command}."


class JobNotWaiting(Conflict):
    """The job has run since, or was discarded."""

    code = "job_not_waiting"
    sentence = "This job is no longer waiting: it has run since, or was discarded."
