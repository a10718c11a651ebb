"""Money moved while the operator waits: given back, recorded as paid, or both by a cancellation.

A refund is never left to go out by itself later. It is kept on disk under its key all the same,
because the one thing worse than a refund that failed is one whose answer was lost: then the same
key is asked again until the shop says what happened, so the money cannot leave twice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import NamedTuple

from console.client.api_client import ApiClient, is_passing
from console.client.approvals import approvers
from console.client.circuit_breaker import pause_after
from console.client.errors import AnswerLost, CallFailed, SignedOut, TooMany, Unreachable
from console.client.models import Refund
from console.client.outbox import Command, NewCommand, Outbox, State
from console.client.parsing import parse


class CommandResult(StrEnum):
    """What became of a refund."""

    GIVEN = "given"
    """The shop has it, and gave its refund back."""

    PENDING = "pending"
    """The shop has it; the payment provider does not answer. The shop finishes it by itself."""

    HELD = "waiting for a second person"
    """It is above a limit of the operator: nothing happened yet."""

    NOT_SENT = "not sent"
    """It surely never left; nothing happened."""

    REFUSED = "refused"
    """The shop said no; nothing happened."""


class Outcome(NamedTuple):
    """How a refund ended."""

    fate: CommandResult
    refund: Refund | None = None
    failure: CallFailed | None = None
    approvers: str = ""
    """Who may approve it, where it waits for a second person."""


class DirectCommands:
    """Sends one refund (or another command that moves money) and stays with it to its end."""

    def __init__(
        self,
        outbox: Outbox,
        caller: ApiClient,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._outbox = outbox
        self._caller = caller
        self._sleep = sleep
        self._waited_for: set[str] = set()

    def unresolved(self, aggregate: str) -> Command | None:
        """A refund of this order whose fate is not known; no second one starts beside it."""
        commands = self._outbox.open_commands(aggregate)
        return next((one for one in commands if one.state is State.ASKING), None)

    def is_waited_for(self, command: Command) -> bool:
        """Whether somebody at this console is waiting for the answer right now."""
        return command.key in self._waited_for

    async def send(
        self, draft: NewCommand, *, operator: str, key: str, unknown: Callable[[int], None]
    ) -> Outcome:
        """Give money back and say what became of it.

        `unknown` is told each time that an answer is lost, with the number of tries so far. A
        caller that stops waiting leaves the refund in the outbox, to be asked about again there.
        """
        return await self.ask_again(
            self._outbox.put(draft, operator=operator, key=key, state=State.ASKING), unknown=unknown
        )

    async def ask_again(self, command: Command, *, unknown: Callable[[int], None]) -> Outcome:
        """Ask under the same key until the fate is known."""
        self._waited_for.add(command.key)
        try:
            while True:
                outcome = await self._try(command)
                if outcome is not None:
                    return outcome
                command = self._outbox.get(command.key)
                unknown(command.tries)
                await self._sleep(max(self._caller.circuit.retry_in, pause_after(command.tries)))
        finally:
            self._waited_for.discard(command.key)

    async def _try(self, command: Command) -> Outcome | None:
        """One try; None while the fate is not known."""
        is_still_asked = self._outbox.mark_sending(command)
        assert is_still_asked, "a refund is asked about by one place at a time"
        try:
            answer = await self._caller.command(command.path, command.body, key=command.key)
        except AnswerLost:
            return None
        except Unreachable as failure:
            self._outbox.never_arrived(command)
            if command.unanswered:
                return None
            self._outbox.drop(command, failure)
            return Outcome(CommandResult.NOT_SENT, failure=failure)
        except CallFailed as failure:
            return self._refused(command, failure)
        told = json.loads(answer.body)
        self._outbox.done(command, status=answer.status, answer=told)
        if (names := approvers(answer.status, told)) is not None:
            return Outcome(CommandResult.HELD, approvers=names)
        refund = parse(Refund, answer.body) if command.kind == "refund" else None
        return Outcome(CommandResult.GIVEN, refund=refund)

    def _refused(self, command: Command, failure: CallFailed) -> Outcome | None:
        if failure.code == "gateway_unavailable":
            self._outbox.done(command, status=failure.status, answer=failure.as_record())
            return Outcome(CommandResult.PENDING, failure=failure)
        if isinstance(failure, TooMany | SignedOut):
            # Refused before it was handled, so this attempt did nothing; an earlier one may have.
            self._outbox.never_arrived(command)
            if command.unanswered:
                if isinstance(failure, SignedOut):
                    raise failure
                return None
            self._outbox.drop(command, failure)
            return Outcome(CommandResult.NOT_SENT, failure=failure)
        if is_passing(failure):
            return None
        self._outbox.drop(command, failure)
        return Outcome(CommandResult.REFUSED, failure=failure)
