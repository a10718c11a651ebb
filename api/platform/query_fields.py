"""Several values in one parameter of a query, joined by commas."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from marshmallow import fields


class NameList(fields.String):
    """Names from a short list, joined by commas: `include=total,facets`."""

    def __init__(self, *allowed: str, description: str) -> None:
        self.allowed = allowed
        pattern = f"^({'|'.join(allowed)})(,({'|'.join(allowed)}))*$"
        super().__init__(
            load_default=frozenset,
            metadata={
                "description": f"{description} One or more of {', '.join(allowed)}, with commas.",
                "example": allowed[0],
                "pattern": pattern,
            },
        )

    def _deserialize(self, value: Any, *given: Any, **options: Any) -> Any:
        names = super()._deserialize(value, *given, **options).split(",")
        if not set(names) <= set(self.allowed):
            raise ma.ValidationError(f"Use one or more of {', '.join(self.allowed)}.")
        return frozenset(names)


class IdList(fields.String):
    """Ids joined by commas, each counted once; one that is none is pointed at by its place."""

    def __init__(self, *, most: int, description: str) -> None:
        self.most = most
        super().__init__(
            load_default=None,
            metadata={
                "description": f"{description} Up to {most}, with commas.",
                "example": "01a1f929-9c61-7229-b458-bb774c890805",
            },
        )

    def _deserialize(self, value: Any, *given: Any, **options: Any) -> Any:
        texts = super()._deserialize(value, *given, **options).split(",")
        if len(texts) > self.most:
            told = f"Send up to {self.most} ids at once; these are {len(texts)}."
            raise ma.ValidationError(told)
        found: set[UUID] = set()
        wrong: dict[int, list[str]] = {}
        for place, text in enumerate(texts):
            try:
                found.add(_ID.deserialize(text))
            except ma.ValidationError as refusal:
                wrong[place] = list(refusal.messages)
        if wrong:
            raise ma.ValidationError(wrong)
        # In one order, so that a cursor belongs to the ids and not to how they were written down.
        return tuple(sorted(found))


_ID = fields.UUID()
