"""Records without a model of their own: plain JSON, changed by version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from console.client.api_client import ApiClient
from console.client.models import Page, PageCursor
from console.client.pages import parse_page
from console.client.parsing import ADMIN, parse


class Records:
    """Lists and single records of the shop by their paths below `/admin`."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def page(self, path: str, query: Mapping[str, str]) -> Page[Mapping[str, Any]]:
        """One page of a list."""
        shape: type[Mapping[str, Any]] = dict
        return parse_page(shape, (await self._caller.get(f"{ADMIN}{path}", query)).body)

    async def only(self, path: str) -> Page[Mapping[str, Any]]:
        """The one record there is, as a page of a list."""
        return Page((await self.one(path),), PageCursor(1, None, has_more=False, total=1))

    async def rows(
        self, path: str, query: Mapping[str, str], member: str
    ) -> Page[Mapping[str, Any]]:
        """Rows that the shop gives in one piece, as a page of a list."""
        told = parse(dict, (await self._caller.get(f"{ADMIN}{path}", query)).body)
        rows = tuple(told[member])
        return Page(rows, PageCursor(len(rows), None, has_more=False, total=len(rows)))

    async def names(self, path: str, name: str) -> tuple[str, ...]:
        """What the first records of a list are called."""
        page = await self.page(path, {"limit": "50"})
        return tuple(str(row[name]) for row in page.rows)

    async def one(self, path: str) -> dict[str, Any]:
        """A record as it is now."""
        return parse(dict, (await self._caller.get(f"{ADMIN}{path}")).body)

    async def download(self, path: str) -> bytes:
        """A file of the shop."""
        return (await self._caller.get(f"{ADMIN}{path}")).body

    async def change(
        self,
        method: str,
        path: str,
        body: Mapping[str, object],
        *,
        key: str,
        version: int | None,
        within: float | None = None,
    ) -> dict[str, Any]:
        """Send a change while the operator waits for its answer.

        Refused by the shop with `StaleVersion` where the record is no longer the version that was
        looked at. `within`: seconds that the answer may take, where a carrier is asked.
        """
        answer = await self._caller.change(
            method, f"{ADMIN}{path}", body, key=key, version=version, within=within
        )
        told: dict[str, Any] = json.loads(answer.body) if answer.body else {}
        return told
