"""Who is signed in at this console, kept on disk so that a restart goes on where it stopped.

Holds the short access token and the rotating refresh token. The file is readable by its owner
alone and is replaced in one step, so a power cut leaves the old sign-in or the new one. It belongs
to one shop: tokens of another address are not used.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from console.client.errors import OutOfContract
from console.client.models import Person, SignIn
from console.client.parsing import read

RENEW_BEFORE = 30.0
"""Seconds before its end at which an access token is renewed, so that it never ends under way."""


class Session:
    """The signed-in person and their tokens."""

    def __init__(self, file: Path, url: str, now: Callable[[], float] = time.time) -> None:
        self._file = file
        self._device_file = file.with_suffix(".device")
        self._terminal_file = file.with_suffix(".terminal")
        self._url = url
        self._now = now
        self.person: Person | None = None
        self.access_token = ""
        self.refresh_token = ""
        self._access_ends = 0.0
        self._load()

    @property
    def device_token(self) -> str:
        """What proves that somebody signed in here before; empty when nobody did.

        It outlives the sign-in: with it, nobody who guesses passwords elsewhere locks this
        console out.
        """
        return self._kept(self._device_file)

    @property
    def terminal_key(self) -> str:
        """What speaks for this console where several people share it; empty where nobody does."""
        return self._kept(self._terminal_file)

    def enrol(self, key: str) -> None:
        """Become a shared terminal, for good or until the shop shuts it out."""
        _replace(self._terminal_file, {"url": self._url, "token": key})

    @property
    def is_signed_in(self) -> bool:
        """Whether there is someone to act for; the shop may still disagree."""
        return self.person is not None and bool(self.refresh_token)

    @property
    def needs_renewal(self) -> bool:
        """Whether the access token is spent, or nearly."""
        return self._now() >= self._access_ends - RENEW_BEFORE

    def keep(self, answer: SignIn) -> None:
        """Take over the tokens of a sign-in or a refresh, on disk before anywhere else.

        A refresh token is good once; losing the new one would sign the operator out.
        """
        self._access_ends = self._now() + answer.expires_in
        self.person = answer.user
        self.access_token = answer.access_token
        self.refresh_token = answer.refresh_token
        self._save()
        if answer.device_token and answer.device_token != self.device_token:
            _replace(self._device_file, {"url": self._url, "token": answer.device_token})

    def end(self) -> None:
        """Forget the tokens; the person's name stays for the sign-in page."""
        self.access_token = self.refresh_token = ""
        self._access_ends = 0.0
        self._file.unlink(missing_ok=True)

    def _kept(self, file: Path) -> str:
        try:
            kept = json.loads(file.read_bytes())
            return str(kept["token"]) if kept["url"] == self._url else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _load(self) -> None:
        try:
            kept = json.loads(self._file.read_bytes())
            if kept["url"] != self._url:
                return
            self.person = read(Person, kept["person"])
            self.access_token = str(kept["access_token"])
            self.refresh_token = str(kept["refresh_token"])
            self._access_ends = float(kept["access_ends"])
        except (OSError, ValueError, KeyError, TypeError, OutOfContract):
            # No file, or one from another version: signing in again is all it costs.
            self.person = None
            self.access_token = self.refresh_token = ""

    def _save(self) -> None:
        person = self.person
        assert person is not None
        kept = {
            "url": self._url,
            "person": {
                "id": person.id,
                "email": person.email,
                "full_name": person.full_name,
                "role": person.role,
                "permissions": list(person.permissions),
            },
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "access_ends": self._access_ends,
        }
        _replace(self._file, kept)


def _replace(file: Path, content: dict[str, object]) -> None:
    """Write a file that its owner alone may read, in one step."""
    fresh = file.with_name(f"{file.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
