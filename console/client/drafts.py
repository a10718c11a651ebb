"""Work that is begun and not sent: kept on disk, so that a closed terminal loses nothing.

Each draft belongs to a person: what somebody counted is never sent in the name of another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from console.client.outbox import Outbox
from console.client.session import Session

PREFIX = "draft"


class Drafts:
    """Drafts of the person who is signed in, by name."""

    def __init__(self, outbox: Outbox, session: Session) -> None:
        self._outbox, self._session = outbox, session

    def keep(self, name: str, draft: Mapping[str, Any] | None) -> None:
        """Keep a draft as it is now; None forgets it."""
        if draft is None:
            self._outbox.forget(self._name(name))
        else:
            self._outbox.remember(self._name(name), json.dumps(draft))

    def kept(self, name: str) -> dict[str, Any] | None:
        """A draft from before; None if there is none."""
        text = self._outbox.remembered(self._name(name))
        return dict(json.loads(text)) if text else None

    def told(self) -> list[str]:
        """What each draft says of itself in a few words."""
        drafts = (json.loads(text) for text in self._outbox.remembered_like(self._name("")))
        return [str(one["told"]) for one in drafts if one.get("told")]

    def _name(self, name: str) -> str:
        person = self._session.person
        return f"{PREFIX}:{person.id if person else ''}:{name}"
