"""What can keep the embedded stack from starting, said in one sentence."""


class DevError(Exception):
    """The stack cannot go on; the message is one sentence for the person at the terminal."""
