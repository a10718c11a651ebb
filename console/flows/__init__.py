"""What the operator is in the middle of: pure state machines, no terminal and no network.

Each flow is `step(state, event) -> Step(state, commands, feedback)`. The screen feeds it with what
the operator did and what the shop answered, draws the state, and carries the commands out.
"""
