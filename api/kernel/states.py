"""State machines as data, checked when they are declared."""

from collections.abc import Mapping

from api.kernel.errors import InvalidState


def in_words(state: str) -> str:
    """Return a state or command as people read it: `in_transit` becomes `in transit`."""
    return state.replace("_", " ")


class StateMachine:
    """The states of one kind of object, and the transitions that each command makes.

    Declared as `{command: {from_state: to_state}}`. `phrases` are for commands that are no verb
    which goes before "it". Raises ValueError for a state that cannot be reached from the initial
    one, so that a typing error fails at import.
    """

    def __init__(
        self,
        name: str,
        *,
        initial: str,
        commands: Mapping[str, Mapping[str, str]],
        phrases: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.phrases = dict(phrases or {})
        self.initial = initial
        self.commands = {command: dict(moves) for command, moves in commands.items()}
        self.states = self._reachable()
        named = {s for moves in commands.values() for pair in moves.items() for s in pair}
        if unreachable := named - self.states:
            raise ValueError(f"{name}: unreachable states: {', '.join(sorted(unreachable))}")

    def next(self, current: str, command: str) -> str:
        """Return the state after a command.

        Raises `InvalidState`, with `current` and the `allowed` commands, when there is no such
        transition.
        """
        moves = self.commands[command]
        if current not in moves:
            raise InvalidState(
                f"{self.name} is {in_words(current)}: you cannot "
                f"{self.phrases.get(command, f'{in_words(command)} it')} now.",
                machine=self.name,
                current=current,
                command=command,
                allowed=self.allowed(current),
            )
        return moves[current]

    def allowed(self, current: str) -> list[str]:
        """Return the commands that a state allows, in alphabetical order."""
        return sorted(command for command, moves in self.commands.items() if current in moves)

    def _reachable(self) -> set[str]:
        reached, pending = {self.initial}, [self.initial]
        while pending:
            state = pending.pop()
            for moves in self.commands.values():
                if state in moves and moves[state] not in reached:
                    reached.add(moves[state])
                    pending.append(moves[state])
        return reached
