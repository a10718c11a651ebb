"""References of other systems: what an order, a customer or a location is called elsewhere.

An accounting or warehouse system keeps one entry for each object that it knows: its own number for
it, and small texts that mean nothing to the shop. A number is unique within its system and kind.
Customers never see any of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    bindparam,
    cast,
    delete,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.kernel.errors import Conflict
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import (
    Base,
    Timestamped,
    WithId,
    named_enum,
    require_transaction,
    session,
    table_of,
)

MOST_SYSTEMS: Final = 20
"""Systems that may know one object."""


class SubjectKind(StrEnum):
    """What a reference is about."""

    ORDER = "order"
    CUSTOMER = "customer"
    LOCATION = "location"


class ReferenceTaken(Conflict):
    """The system calls something else by this reference. Carries its `subject_id`."""

    code = "reference_taken"
    sentence = "{system} uses {value} for another {kind}: {subject_id}."


class TooManySystems(Conflict):
    """The object has references of as many systems as it may have."""

    code = "too_many_systems"
    sentence = "At most {most} systems keep a reference to one object. Remove one first."


class ExternalReference(WithId, Timestamped, Base):
    """What one system keeps about one object: its reference, its metadata, or both."""

    __tablename__ = "external_references"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "system", name="uq_external_references_subject"),
        Index("uq_external_references_value", "kind", "system", "value", unique=True),
        Index(
            "ix_external_references_metadata",
            "metadata",
            postgresql_using="gin",
            postgresql_ops={"metadata": "jsonb_path_ops"},
        ),
    )

    kind: Mapped[SubjectKind] = mapped_column(named_enum(SubjectKind, "kind"))
    subject_id: Mapped[UUID] = mapped_column(Uuid)
    system: Mapped[str] = mapped_column(String(40))
    value: Mapped[str | None] = mapped_column(String(200))
    entries: Mapped[dict[str, object]] = mapped_column("metadata", JSONB)


_REFERENCES: Final = table_of(ExternalReference)


@dataclass(frozen=True, slots=True)
class Subject:
    """An object by its kind and id."""

    kind: SubjectKind
    id: UUID


def set_reference(
    subject: Subject,
    system: str,
    *,
    value: str | None,
    metadata: Mapping[str, str],
    by: Principal,
) -> list[dict[str, object]]:
    """Write what a system keeps about an object, in place of what it kept; returns all of them.

    Without a value and metadata the system keeps nothing any more. Raises `ReferenceTaken` and
    `TooManySystems`. Needs the object locked.
    """
    before = next((one for one in references_of(subject) if one["system"] == system), None)
    if value is None and not metadata:
        require_transaction().execute(
            delete(_REFERENCES).where(*_is(subject), _REFERENCES.c.system == system)
        )
    else:
        _write(subject, system, value, metadata)
    audit.record(
        "reference.set",
        by=by,
        subject_id=subject.id,
        kind=subject.kind.value,
        system=system,
        before=before and {"value": before["value"], "metadata": before["metadata"]},
        value=value,
        metadata=dict(metadata),
    )
    return references_of(subject)


def references_of(subject: Subject) -> list[dict[str, object]]:
    """Return what other systems keep about an object, by the name of the system."""
    rows = session.execute(
        select(*_REFERENCES.c["system", "value", "metadata"])
        .where(*_is(subject))
        .order_by(_REFERENCES.c.system)
    )
    return [dict(row._mapping) for row in rows]


def known_as(kind: SubjectKind, subject_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Return the condition that a system calls an object so: `reference_system`, `reference`."""
    return subject_id.in_(
        select(_REFERENCES.c.subject_id).where(
            _REFERENCES.c.kind == kind,
            _REFERENCES.c.system == bindparam("reference_system"),
            _REFERENCES.c.value == bindparam("reference"),
        )
    )


def has_metadata(kind: SubjectKind, subject_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Return the condition that some system keeps this `metadata`, a JSON object, with it."""
    return subject_id.in_(
        select(_REFERENCES.c.subject_id).where(
            _REFERENCES.c.kind == kind,
            _REFERENCES.c.metadata.op("@>")(cast(bindparam("metadata", type_=JSONB), JSONB)),
        )
    )


def filters(reference: str | None, metadata: str | None) -> dict[str, object]:
    """Return the parameters of the two conditions, of texts such as `datev:4711`."""
    values: dict[str, object] = {}
    if reference is not None:
        values["reference_system"], _, values["reference"] = reference.partition(":")
    if metadata is not None:
        key, _, value = metadata.partition(":")
        values["metadata"] = {key: value}
    return values


def _is(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    return (_REFERENCES.c.kind == subject.kind, _REFERENCES.c.subject_id == subject.id)


def _write(subject: Subject, system: str, value: str | None, metadata: Mapping[str, str]) -> None:
    known = references_of(subject)
    if len(known) >= MOST_SYSTEMS and all(one["system"] != system for one in known):
        raise TooManySystems(most=MOST_SYSTEMS)
    new = insert(_REFERENCES).values(
        id=new_id(),
        created_at=clock.now(),
        kind=subject.kind,
        subject_id=subject.id,
        system=system,
        value=value,
        metadata=dict(metadata),
    )
    written = new.on_conflict_do_update(
        constraint="uq_external_references_subject",
        set_={"value": new.excluded.value, "metadata": new.excluded.metadata},
    )
    try:
        with session.begin_nested():
            session.execute(written)
    except IntegrityError as error:
        if "uq_external_references_value" not in str(error.orig):
            raise
        owner = session.scalar(
            select(_REFERENCES.c.subject_id).where(
                _REFERENCES.c.kind == subject.kind,
                _REFERENCES.c.system == system,
                _REFERENCES.c.value == value,
            )
        )
        raise ReferenceTaken(
            system=system, value=value, kind=subject.kind.value, subject_id=owner
        ) from error
