"""What staff read and write of the products that stand beside another one."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from marshmallow import fields

from api.catalog.models.products import RelationKind
from api.catalog.schemas.collections import ProductIds
from api.platform.http import Schema

MOST_RELATED = 50


class RelateProductsSchema(Schema):
    """All products that are shown beside this one, by kind; a kind left out has none."""

    related = ProductIds(most=MOST_RELATED, load_default=list)
    upsell = ProductIds(most=MOST_RELATED, load_default=list)
    cross_sell = ProductIds(most=MOST_RELATED, load_default=list)
    accessory = ProductIds(most=MOST_RELATED, load_default=list)
    replacement = ProductIds(most=MOST_RELATED, load_default=list)

    @ma.post_load
    def _by_kind(self, given: dict[str, Any], **_: object) -> dict[RelationKind, list[UUID]]:
        return {RelationKind(name): ids for name, ids in given.items()}


class RelatedProductSchema(Schema):
    """A product beside another one."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.String(required=True)


class RelationsSchema(Schema):
    """What is shown beside a product, in any state; storefronts leave out what is not for sale."""

    version = fields.Integer(required=True)
    related = fields.List(fields.Nested(RelatedProductSchema), required=True)
    upsell = fields.List(fields.Nested(RelatedProductSchema), required=True)
    cross_sell = fields.List(fields.Nested(RelatedProductSchema), required=True)
    accessory = fields.List(fields.Nested(RelatedProductSchema), required=True)
    replacement = fields.List(fields.Nested(RelatedProductSchema), required=True)
