"""Flows: the state of each screen as a pure state machine, no terminal and no network.

Each flow is `step(state, event) -> Transition(state, commands, feedback)`. The screen passes what
the operator did and what the shop answered, draws the state, and carries the commands out.
"""
