"""Writes of packing. Lock order: the order, then the session or manifest, then the weights."""

from api.packing.service.boxes import create_box_type, edit_box_type
from api.packing.service.manifests import close_manifest, open_manifest, scan_out, take_off
from api.packing.service.parcels import check_label, record_parcel
from api.packing.service.sessions import (
    cancel_of_order,
    check_claim,
    close_session,
    lock_session,
    open_session,
    set_state,
)
from api.packing.service.units import ScanAnswer, choose_box, confirm, put_right, scan, take_out
from api.packing.service.weighing import WeighAnswer, weigh

__all__ = [
    "ScanAnswer",
    "WeighAnswer",
    "cancel_of_order",
    "check_claim",
    "check_label",
    "choose_box",
    "close_manifest",
    "close_session",
    "confirm",
    "create_box_type",
    "edit_box_type",
    "lock_session",
    "open_manifest",
    "open_session",
    "put_right",
    "record_parcel",
    "scan",
    "scan_out",
    "set_state",
    "take_off",
    "take_out",
    "weigh",
]
