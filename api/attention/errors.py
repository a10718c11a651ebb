"""What the attention list refuses."""

from api.kernel.errors import Conflict


class AttentionCommandUnfit(Conflict):
    """A command that does not end items of this kind. Carries `kind` and `allowed`."""

    code = "attention_command_unfit"
    sentence = "An item of the kind {kind} is not ended by {command}."


class JobNotWaiting(Conflict):
    """The job has run since, or was discarded."""

    code = "job_not_waiting"
    sentence = "This job waits for nothing any more: it has run since, or was discarded."
