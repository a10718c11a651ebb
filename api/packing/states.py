"""The states of packing sessions and manifests, what a scan may be, and packaging materials."""

from enum import StrEnum

from api.kernel.states import StateMachine


class PackingStatus(StrEnum):
    """The status of a packing session."""

    OPEN = "open"
    PACKED = "packed"
    """Verified, boxed and claimed as an open parcel, which may get its label."""
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


OPEN_SESSION = (PackingStatus.OPEN, PackingStatus.PACKED)


class PackScanResult(StrEnum):
    """What a scan at the station turned out to be. Only `ok` and `box` change the parcel."""

    OK = "ok"
    BOX = "box"
    WRONG_ITEM = "wrong_item"
    TOO_MANY = "too_many"
    UNKNOWN = "unknown"
    TAKEN_OUT = "taken_out"
    """Units that were verified before are no longer in the parcel."""
    PUT_RIGHT = "put_right"
    """Somebody says that what was wrong is no longer in the parcel."""
    WEIGHT_OFF = "weight_off"
    """The scale shows another weight than past parcels let expect."""
    RECHECKED = "rechecked"
    """Somebody looked into a parcel with such a weight: its content is right."""


class Material(StrEnum):
    """A packaging material, as registers of packaging ask for it (VerpackG, Directive 94/62/EC)."""

    PAPER = "paper"
    """Paper and cardboard."""
    PLASTIC = "plastic"
    GLASS = "glass"
    ALUMINIUM = "aluminium"
    FERROUS_METAL = "ferrous_metal"
    WOOD = "wood"
    BEVERAGE_CARTON = "beverage_carton"
    COMPOSITE = "composite"
    """Materials that cannot be separated by hand, other than beverage cartons."""
    OTHER = "other"


class ManifestStatus(StrEnum):
    """The status of a manifest."""

    OPEN = "open"
    CLOSED = "closed"


class HandOverResult(StrEnum):
    """What a scan at the hand-over turned out to be. Only `ok` puts a parcel on the manifest."""

    OK = "ok"
    ALREADY = "already"
    """It is on this manifest."""
    ELSEWHERE = "elsewhere"
    """It is on another manifest."""
    WRONG_CARRIER = "wrong_carrier"
    NOT_SHIPPED = "not_shipped"
    UNKNOWN = "unknown"


class LabelResult(StrEnum):
    """Whether a label that was scanned back belongs to the parcel."""

    OK = "ok"
    WRONG_LABEL = "wrong_label"


class Paper(StrEnum):
    """A paper of a parcel."""

    PACKING_SLIP = "packing_slip"
    """Without prices: also a gift slip, with the gift message of the order."""
    PRICED_SLIP = "priced_slip"
    RETURN_SLIP = "return_slip"
    """To be filled in by hand."""
    SHIPPING_LABEL = "shipping_label"


SESSION = StateMachine(
    "The packing session",
    initial=PackingStatus.OPEN,
    commands={
        "scan": {PackingStatus.OPEN: PackingStatus.OPEN},
        "pack": {PackingStatus.OPEN: PackingStatus.PACKED},
        "reopen": {PackingStatus.PACKED: PackingStatus.OPEN},
        "ship": dict.fromkeys(OPEN_SESSION, PackingStatus.SHIPPED),
        "cancel": dict.fromkeys(OPEN_SESSION, PackingStatus.CANCELLED),
    },
)

MANIFEST = StateMachine(
    "The manifest",
    initial=ManifestStatus.OPEN,
    commands={
        "scan": {ManifestStatus.OPEN: ManifestStatus.OPEN},
        "close": {ManifestStatus.OPEN: ManifestStatus.CLOSED},
    },
)
