"""Reads of packing: sessions, box types, weights, manifests and the packaging book."""

from api.packing.queries.book import packaging_book
from api.packing.queries.boxes import box_grams, box_of, box_type, box_type_page, find_box
from api.packing.queries.manifests import (
    manifest,
    manifest_of,
    manifest_page,
    manifest_paper,
    not_handed_over,
    parcels_on,
    voided_on,
)
from api.packing.queries.papers import is_parcel_open, label_of, return_slip_of, slip_of
from api.packing.queries.reads import Missing
from api.packing.queries.sessions import (
    check_seen,
    expected_of,
    is_begun,
    label_weight,
    line,
    lines_of_variant,
    missing,
    order_of,
    packing_session,
    row_of,
    units_by_line,
    units_of,
)
from api.packing.queries.starting import find_start
from api.packing.queries.waiting import waiting
from api.packing.queries.weights import catalogue_weights, learnt_weights

__all__ = [
    "Missing",
    "box_grams",
    "box_of",
    "box_type",
    "box_type_page",
    "catalogue_weights",
    "check_seen",
    "expected_of",
    "find_box",
    "find_start",
    "is_begun",
    "is_parcel_open",
    "label_of",
    "label_weight",
    "learnt_weights",
    "line",
    "lines_of_variant",
    "manifest",
    "manifest_of",
    "manifest_page",
    "manifest_paper",
    "missing",
    "not_handed_over",
    "order_of",
    "packaging_book",
    "packing_session",
    "parcels_on",
    "return_slip_of",
    "row_of",
    "slip_of",
    "units_by_line",
    "units_of",
    "voided_on",
    "waiting",
]
