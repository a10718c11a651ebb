"""Take products in as another shop describes them: many at once, new and known ones alike.

What is new is stored. What is known is brought up to date where the description says something
else; an empty text, no code, no price and a weight of 0 say nothing and never erase what the shop
knows. So the same description twice changes nothing the second time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from api.catalog.codes import code_key
from api.catalog.errors import (
    BarcodeTaken,
    NoVariantLeft,
    OptionCombinationTaken,
    SkuTaken,
    SlugTaken,
    TitleMissing,
)
from api.catalog.events import CatalogueChanged, ProductPublished
from api.catalog.service import attribute_values, bulk_create, facet_values
from api.catalog.service.attribute_values import Definition
from api.catalog.service.inputs import ProductDraft, VariantDraft
from api.catalog.service.integrity import refusal_for
from api.catalog.service.known import CodeOwner, Known, KnownProduct, KnownVariant
from api.catalog.service.renewal import Renewal
from api.catalog.states import ProductStatus
from api.catalog.texts import mark_of, sku_from
from api.kernel.errors import DomainError
from api.kernel.events import Event
from api.platform.db import require_transaction, session
from api.platform.outbox import emit


class Outcome(StrEnum):
    """What became of something that was taken in."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A product as it is described elsewhere; its draft has a slug and an external reference.

    `status` is where a new product is put. A draft that the shop has is published when it says
    active; nothing is ever taken off the shelf by an arrival. What lacks an attribute that its
    type requires stays a draft. Values without names of options mean the options of the product
    that is known.
    """

    draft: ProductDraft
    status: ProductStatus = ProductStatus.DRAFT


@dataclass(slots=True)
class ArrivedVariant:
    """What became of one variant of an arrival."""

    outcome: Outcome
    variant_id: UUID | None = None
    refusal: DomainError | None = None
    passed_over: list[DomainError] = field(default_factory=list)
    """Its codes that belong to another variant: it landed without them."""


@dataclass(slots=True)
class Arrived:
    """What became of one product, and of its variants in the order of its draft."""

    outcome: Outcome
    variants: list[ArrivedVariant]
    product_id: UUID | None = None
    refusal: DomainError | None = None


BeforeChange = Callable[[Sequence[UUID]], None]
"""Told which known products are going to be changed, while they are still as they were."""


def take_in(
    arrivals: Sequence[Arrival], *, before_change: BeforeChange | None = None
) -> list[Arrived]:
    """Store what is new, renew what is known; returns what became of each, in their order.

    Each external reference comes once. Locks the known products, in id order. A code that belongs
    to another variant is passed over and the rest lands: a known variant keeps the SKU that it has,
    a new one gets one that is made for it. What clashes with somebody who writes at the same
    moment is refused alone.
    """
    require_transaction()
    try:
        return _take_in_together(arrivals, before_change)
    except IntegrityError:
        drafts = [arrival.draft for arrival in arrivals]
        # What the savepoint held is free again: all products first, then all words, as always.
        Known.read(drafts)
        facet_values.introduce(drafts)
        return [_take_in_alone(arrival, before_change) for arrival in arrivals]


def _take_in_alone(arrival: Arrival, before_change: BeforeChange | None) -> Arrived:
    try:
        return _take_in_together([arrival], before_change)[0]
    except IntegrityError as clash:
        refusal = refusal_for(clash)
        if refusal is None:
            raise
        return _refused(arrival.draft, refusal)


def _take_in_together(
    arrivals: Sequence[Arrival], before_change: BeforeChange | None
) -> list[Arrived]:
    """Take all of them in or none; facts are told only once everything is written."""
    with session.begin_nested():
        known = Known.read([arrival.draft for arrival in arrivals])
        types = _types(arrivals, known)
        renewal = Renewal()
        new: list[tuple[Arrival, Arrived]] = []
        arrived = [_receive(arrival, known, types, renewal, new) for arrival in arrivals]
        if before_change is not None and renewal.changed:
            before_change(renewal.changed)
        facts = [*_store(new), *renewal.write()]
    news = (Outcome.CREATED, Outcome.CHANGED)
    # A product that the shop renamed is known by its reference: its own address is what changed.
    slugs = [
        there.slug if (there := known.product_for(arrival.draft)) else arrival.draft.slug
        for arrival, made in zip(arrivals, arrived, strict=True)
        if made.outcome in news or any(variant.outcome in news for variant in made.variants)
    ]
    for fact in facts:
        emit(fact)
    if slugs:
        emit(CatalogueChanged(slugs=tuple(slug for slug in slugs if slug)))
    return arrived


def _types(arrivals: Sequence[Arrival], known: Known) -> dict[str, Definition]:
    """Return what the types define of products that go on the shelf or get another type."""
    names: set[str] = set()
    for arrival in arrivals:
        there = known.product_for(arrival.draft)
        before = there.product_type if there else ""
        name = arrival.draft.product_type or before
        is_shown = there is not None and there.status is ProductStatus.ACTIVE
        if name.lower() != before.lower() or (
            arrival.status is ProductStatus.ACTIVE and not is_shown
        ):
            names.add(name)
    return attribute_values.definitions(names, with_choices=False)


def _receive(
    arrival: Arrival,
    known: Known,
    types: dict[str, Definition],
    renewal: Renewal,
    new: list[tuple[Arrival, Arrived]],
) -> Arrived:
    """Decide what an arrival is; note what is to be written of it."""
    draft = arrival.draft
    there = known.product_for(draft)
    refusal = _refusal(draft, there, known, types)
    if refusal is not None:
        return _refused(draft, refusal)
    options = draft.options or (there.options if there else ())
    found = there.matches(draft) if there else [None] * len(draft.variants)
    matches: list[KnownVariant | None] = []
    fit: list[VariantDraft] = []
    arrived = Arrived(Outcome.UNCHANGED, [], there.id if there else None)
    for variant, match in zip(draft.variants, found, strict=True):
        try:
            if any(other.option_values == variant.option_values for other in fit):
                raise OptionCombinationTaken(given=list(variant.option_values))
            bulk_create.check_variant(variant, options)
            claimed, passed_over = _claim_codes(variant, match, draft, known)
            fit.append(claimed)
            matches.append(match)
            arrived.variants.append(ArrivedVariant(Outcome.UNCHANGED, passed_over=passed_over))
        except DomainError as wrong:
            arrived.variants.append(ArrivedVariant(Outcome.REFUSED, refusal=wrong))
    draft = replace(draft, variants=tuple(fit))
    if there is None and not fit:
        arrived.outcome, arrived.refusal = Outcome.REFUSED, NoVariantLeft(slug=draft.slug)
    elif there is None:
        known.slugs.add(draft.slug or "")
        arrived.outcome = Outcome.CREATED
        new.append((Arrival(draft, _status(arrival, there, types)), arrived))
    else:
        renewed = renewal.note(there, draft, matches, _status(arrival, there, types))
        arrived.outcome = Outcome.CHANGED if renewed.is_changed else Outcome.UNCHANGED
        for made, (variant_id, is_new, is_changed) in zip(
            _landed(arrived), renewed.variants, strict=True
        ):
            made.variant_id = variant_id
            made.outcome = (
                Outcome.CREATED if is_new else Outcome.CHANGED if is_changed else made.outcome
            )
    return arrived


def _status(
    arrival: Arrival, there: KnownProduct | None, types: dict[str, Definition]
) -> ProductStatus:
    """Return where a product is put: not on the shelf while it lacks what its type requires."""
    name = arrival.draft.product_type or (there.product_type if there else "")
    said = there.values if there else arrival.draft.attributes
    has_gaps = attribute_values.missing(types.get(name, {}), said.keys())
    return ProductStatus.DRAFT if has_gaps else arrival.status


def _refusal(
    draft: ProductDraft, there: KnownProduct | None, known: Known, types: dict[str, Definition]
) -> DomainError | None:
    """Say what is wrong with a product as a whole."""
    if there is None:
        if not draft.title:
            return TitleMissing(slug=draft.slug)
        return SlugTaken(slug=draft.slug) if draft.slug in known.slugs else None
    if draft.options and len(draft.options) != len(there.options):
        return bulk_create.options_do_not_fit(there.options, draft.options)
    name = draft.product_type
    if name and name.lower() != there.product_type.lower():
        is_shown = there.status is ProductStatus.ACTIVE
        return attribute_values.misfit(
            name, types.get(name, {}), there.values.keys(), is_shown=is_shown
        )
    return None


def _claim_codes(
    variant: VariantDraft, match: KnownVariant | None, product: ProductDraft, known: Known
) -> tuple[VariantDraft, list[DomainError]]:
    """Let a variant have its codes, but for those that belong to another; a new one gets a SKU.

    Returns it, and what was passed over: each code with the product that owns it. A shop that sells
    the same thing twice under one SKU still wants both of them.
    """
    slug, own_id = product.slug or "", match.id if match else None
    passed_over: list[DomainError] = []
    sku = variant.sku
    if owner := _stranger(known.skus, sku.lower() if sku else None, own_id):
        sku = match.sku if match else _made_sku(slug, variant.option_values, known)
        passed_over.append(SkuTaken(sku=variant.sku, owner=owner.slug, given=sku))
    elif sku is None and match is None:
        sku = _made_sku(slug, variant.option_values, known)
    codes = []
    for one in variant.codes:
        if owner := _stranger(known.barcodes, code_key(one.code), own_id):
            passed_over.append(BarcodeTaken(barcode=one.code, owner=owner.slug))
        else:
            codes.append(one)
            known.barcodes[code_key(one.code)] = CodeOwner(own_id, slug)
    if sku:
        known.skus[sku.lower()] = CodeOwner(own_id, slug)
    if sku == variant.sku and not passed_over:
        return variant, passed_over
    return replace(variant, sku=sku, barcode=None, barcodes=tuple(codes)), passed_over


def _made_sku(slug: str, option_values: Sequence[str], known: Known) -> str:
    """Make a SKU that is free."""
    sku = sku_from(slug, option_values)
    # Made from other words that read alike: the mark tells them apart, always the same.
    return sku if known.is_free(sku) else f"{sku}-{mark_of(slug, option_values)}"


def _stranger(
    owners: dict[str, CodeOwner], code: str | None, own_id: UUID | None
) -> CodeOwner | None:
    """Return who owns a code, when that is another variant."""
    owner = owners.get(code or "")
    return owner if owner and (own_id is None or owner.variant_id != own_id) else None


def _store(new: Sequence[tuple[Arrival, Arrived]]) -> list[Event]:
    """Store what is new, in its order; returns the facts to tell."""
    facts: list[Event] = []
    if not new:
        return facts
    stored = bulk_create.store(
        [arrival.draft for arrival, _ in new], statuses=[arrival.status for arrival, _ in new]
    )
    for product, (arrival, made) in zip(stored, new, strict=True):
        made.product_id = product.product_id
        for variant, variant_id in zip(_landed(made), product.variant_ids, strict=True):
            variant.variant_id, variant.outcome = variant_id, Outcome.CREATED
        if arrival.status is ProductStatus.ACTIVE:
            facts.append(ProductPublished(product_id=product.product_id))
    return facts


def _landed(arrived: Arrived) -> list[ArrivedVariant]:
    return [variant for variant in arrived.variants if variant.outcome is not Outcome.REFUSED]


def _refused(draft: ProductDraft, refusal: DomainError) -> Arrived:
    variants = [ArrivedVariant(Outcome.REFUSED) for _ in draft.variants]
    return Arrived(Outcome.REFUSED, variants, refusal=refusal)
