"""Errors of packing."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class BoxTypeNotFound(NotFound):
    """No such type of box."""

    code = "box_type_not_found"
    sentence = "Box type not found."


class BoxTypeTaken(Conflict):
    """Another type of box has this name or barcode."""

    code = "box_type_taken"
    sentence = "Another box type has this {field}. Choose another one, or change that box type."


class SessionNotFound(NotFound):
    """No such packing session."""

    code = "packing_session_not_found"
    sentence = "Packing session not found."


class NothingToPack(Unprocessable):
    """The scanned code is no order or tote that can be packed."""

    code = "nothing_to_pack"
    sentence = "{scanned} is {what}. Scan an order, a tote with an order, or an item of one."


class SessionClaimed(Conflict):
    """Somebody else packs this order."""

    code = "packing_session_claimed"
    sentence = "{packer} packs order {number} until {until}. Take it over to go on yourself."


class SessionClaimNeeded(Conflict):
    """Only who packs an order scans for it."""

    code = "packing_claim_needed"
    sentence = "{packer} packs this order now. Scan the order again to take it over."


class PackingLineNotFound(NotFound):
    """No such line in the parcel."""

    code = "packing_line_not_found"
    sentence = "This line is not in the parcel."


class TooManyUnits(Unprocessable):
    """More units than the parcel can have, or than are in it."""

    code = "too_many_units"
    sentence = "{units} units of {sku} are too many: {left} are left."


class ParcelNotReady(Unprocessable):
    """Something is missing before a parcel gets its label, its slip, or leaves."""

    code = "parcel_not_ready"
    sentence = "The parcel is not ready: {missing}. `errors` names each part."


class CarrierMissing(Unprocessable):
    """Nothing says who takes the parcel."""

    code = "carrier_missing"
    sentence = "The shipping method of this order names no carrier. Send one as carrier."


class LabelNotBought(Conflict):
    """The parcel is packed and its carrier gave no label. Carries `reason`, the refusal's code."""

    code = "label_not_bought"
    sentence = (
        "{number} is packed and has no label yet. {words} Try again, or scan a label that was "
        "bought elsewhere."
    )


class ParcelNotPacked(Conflict):
    """The parcel was not packed at a station."""

    code = "parcel_not_packed"
    sentence = "{number} was not packed here: nothing is known of its label."


class ManifestNotFound(NotFound):
    """No such manifest."""

    code = "manifest_not_found"
    sentence = "Manifest not found."


class ManifestOpen(Conflict):
    """The carrier has an open manifest."""

    code = "manifest_open"
    sentence = "{carrier} has the open manifest {number}: scan its parcels, or close it first."


class ManifestEmpty(Unprocessable):
    """A manifest without a parcel is not closed."""

    code = "manifest_empty"
    sentence = "Nothing is on {number}. Scan the parcels that the carrier takes."


class ParcelNotOnManifest(NotFound):
    """The parcel is not on this manifest."""

    code = "parcel_not_on_manifest"
    sentence = "This parcel is not on the manifest."
