"""Fields for query parameters with several values, separated by commas."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from marshmallow import fields


class NameList(fields.String):
    """Names of a fixed set, separated by commas: `include=total,facets`."""

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

    def _deserialize(self, value: object, *given: object, **options: object) -> Any:
        names = super()._deserialize(value, *given, **options).split(",")
        if not set(names) <= set(self.allowed):
            raise ma.ValidationError(f"Use one or more of {', '.join(self.allowed)}.")
        return frozenset(names)


class IdList(fields.String):
    """Ids separated by commas, without duplicates; errors are reported by index."""

    def __init__(self, *, most: int, description: str) -> None:
        self.most = most
        super().__init__(
            load_default=None,
            metadata={
                "description": f"{description} Up to {most}, with commas.",
                "example": "01a1f929-9c61-7229-b458-bb774c890805",
            },
        )

    def _deserialize(self, value: object, *given: object, **options: object) -> Any:
        texts = super()._deserialize(value, *given, **options).split(",")
        if len(texts) > self.most:
            raise ma.ValidationError(f"Send up to {self.most} ids at once; these are {len(texts)}.")
        ids: set[UUID] = set()
        errors: dict[int, list[str]] = {}
        for index, text in enumerate(texts):
            try:
                ids.add(_ID.deserialize(text))
            except ma.ValidationError as refusal:
                errors[index] = list(refusal.messages)
        if errors:
            raise ma.ValidationError(errors)
        # Sorted, so that a cursor does not depend on the order in which the ids were sent.
        return tuple(sorted(ids))


_ID = fields.UUID()
