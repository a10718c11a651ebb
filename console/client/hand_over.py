"""The hand-over: parcels that no carrier took yet, and the manifests of those that one took."""

from __future__ import annotations

from dataclasses import dataclass

from console.client.api_client import ApiClient
from console.client.outbox import NewCommand
from console.client.parsing import ADMIN, parse

HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True)
class ManifestParcel:
    """A parcel that is handed over, or is to be."""

    fulfilment_id: str
    number: str
    order_id: str
    carrier: str
    tracking_number: str | None
    country: str
    unit_count: int
    is_label_checked: bool
    is_voided: bool


@dataclass(frozen=True, slots=True)
class NotHandedOver:
    """Parcels that were shipped and are on no manifest."""

    parcels: tuple[ManifestParcel, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parcels that a carrier takes at once."""

    id: str
    number: str
    carrier: str
    status: str
    parcels: tuple[ManifestParcel, ...]


class HandOvers:
    """Manifests."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def left(self) -> NotHandedOver:
        """What is packed and no carrier took."""
        answer = await self._caller.get(f"{ADMIN}/packing/not-handed-over")
        return parse(NotHandedOver, answer.body)

    async def manifest(self, manifest_id: str) -> Manifest:
        """One manifest."""
        answer = await self._caller.get(f"{ADMIN}/packing/manifests/{manifest_id}")
        return parse(Manifest, answer.body)

    async def open(self, carrier: str, *, key: str) -> Manifest:
        """Open the manifest of a carrier."""
        path = f"{ADMIN}/packing/manifests"
        return parse(
            Manifest, (await self._caller.command(path, {"carrier": carrier}, key=key)).body
        )

    async def close(self, manifest_id: str, *, key: str) -> Manifest:
        """The carrier has its parcels."""
        path = f"{ADMIN}/packing/manifests/{manifest_id}/close"
        return parse(Manifest, (await self._caller.command(path, {}, key=key)).body)

    async def take_off(self, manifest_id: str, fulfilment_id: str, *, key: str) -> Manifest:
        """The carrier did not take a parcel."""
        path = f"{ADMIN}/packing/manifests/{manifest_id}/take-off"
        body = {"fulfilment_id": fulfilment_id}
        return parse(Manifest, (await self._caller.command(path, body, key=key)).body)


def scan(manifest: Manifest, code: str) -> NewCommand:
    """A parcel was scanned at the hand-over."""
    return NewCommand(
        kind=HAND_OVER, aggregate=f"manifest:{manifest.id}",
        path=f"{ADMIN}/packing/manifests/{manifest.id}/scans", body={"code": code},
        label=f"{manifest.number}: {code}",
    )  # fmt: skip
