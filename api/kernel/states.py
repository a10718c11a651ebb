"""State machines as data, checked when they are declared."""

from collections.abc import Mapping

from api.kernel.errors import InvalidState


class StateMachine:
    """The states of one kind of thing, and which command leads from where to where.

    Declared as `{command: {from_state: to_state}}`. Refuses, when declared, a state that cannot
    be reached from the initial one, so that a typing error is found at import and not by a
    customer.
    """

    def __init__(
        self, name: str, *, initial: str, commands: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.name = name
        self.initial = initial
        self.commands = {command: dict(moves) for command, moves in commands.items()}
        self.states = self._reachable()
        named = {s for moves in commands.values() for pair in moves.items() for s in pair}
        if unreachable := named - self.states:
            raise ValueError(f"{name}: no way leads to {', '.join(sorted(unreachable))}")

    def next(self, current: str, command: str) -> str:
        """Return the state that a command leads to.

        Raises `InvalidState` with `current` and the `allowed` commands when it leads nowhere.
        """
        moves = self.commands[command]
        if current not in moves:
            raise InvalidState(
                machine=self.name, current=current, command=command, allowed=self.allowed(current)
            )
        return moves[current]

    def allowed(self, current: str) -> list[str]:
        """List the commands that a state allows, in alphabetical order."""
        return sorted(command for command, moves in self.commands.items() if current in moves)

    def _reachable(self) -> set[str]:
        found, waiting = {self.initial}, [self.initial]
        while waiting:
            state = waiting.pop()
            for moves in self.commands.values():
                if state in moves and moves[state] not in found:
                    found.add(moves[state])
                    waiting.append(moves[state])
        return found
