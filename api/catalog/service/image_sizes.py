"""The sizes that are made of each picture; known also where Pillow, which makes them, is not."""

from typing import Final

SIZES: Final = (("large", 1600), ("medium", 800), ("small", 400), ("thumb", 160))
"""A name, and how long the longer side is at most."""


def size_file(name: str) -> str:
    """Return the name of the file that holds a size."""
    return f"{name}.webp"
