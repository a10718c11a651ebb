"""What documents say is shown beside a product: others by their slugs, that may come later."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from api.catalog.models import RelationKind
from api.catalog.queries.relations import RELATION_FIELDS, ids_by_slug
from api.catalog.service import relations
from api.catalog.service.differences import Document
from api.kernel.principal import Principal

Fields = dict[str, list[str]]
"""Slugs by field."""


def said_by(document: Document, *, before: Document | None = None) -> Fields:
    """Return what a document says is beside its product; of a known one only what differs."""
    return {
        name: list(document[name])
        for name in RELATION_FIELDS
        if name in document and (before is None or document[name] != before.get(name, []))
    }


def relate(
    wanted: Mapping[UUID, Fields], *, new: Collection[UUID | None], by: Principal
) -> set[UUID]:
    """Say what is beside products; returns those for which not all others are there yet.

    Of these nothing is said. New products keep their version. The products are locked.
    """
    ids = ids_by_slug(_slugs(wanted.values()))
    waiting = {
        product_id
        for product_id, fields in wanted.items()
        if any(slug not in ids for listed in fields.values() for slug in listed)
    }
    ready = {key: _by_kind(wanted[key], ids) for key in sorted(wanted.keys() - waiting)}
    relations.relate_new({key: by_kind for key, by_kind in ready.items() if key in new})
    for product_id, by_kind in ready.items():
        if product_id not in new:
            relations.relate_some(product_id, by_kind, by=by)
    return waiting


def settle_relations(wanted: Mapping[UUID, Mapping[str, Sequence[str]]], *, by: Principal) -> None:
    """Say what is beside products, leaving out what is not there. Locks them, in id order."""
    ids = ids_by_slug(_slugs(wanted.values()))
    for product_id in sorted(wanted):
        relations.relate_some(product_id, _by_kind(wanted[product_id], ids), by=by)


def _slugs(wanted: Collection[Mapping[str, Sequence[str]]]) -> set[str]:
    return {slug for fields in wanted for listed in fields.values() for slug in listed}


def _by_kind(
    fields: Mapping[str, Sequence[str]], ids: Mapping[str, UUID]
) -> dict[RelationKind, list[UUID]]:
    return {
        RELATION_FIELDS[name]: [ids[slug] for slug in listed if slug in ids]
        for name, listed in fields.items()
    }
