"""Codes that are learnt where goods are handled."""

from api.catalog.errors import (
    BarcodeTaken,
    BarcodeTwice,
    ImageUnknown,
    MetadataTooLarge,
    OptionsDoNotFit,
    ProductNotFound,
    VariantNotFound,
)
from api.catalog.queries import admin_detail
from api.catalog.schemas.admin import LearnBarcodeSchema, VariantSchema
from api.catalog.service import variants
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer

blueprint = Blueprint(
    "barcodes", __name__, url_prefix="/api/v1/admin", description="Codes printed on goods."
)


@blueprint.route("/barcodes", methods=["POST"])
@requires(Permission.CATALOG_BARCODES)
@may_answer(
    *(BarcodeTaken, BarcodeTwice, ImageUnknown, MetadataTooLarge, OptionsDoNotFit),
    *(ProductNotFound, VariantNotFound),
)
@idempotent(required=False)
@blueprint.arguments(LearnBarcodeSchema, as_kwargs=True)
@blueprint.response(200, VariantSchema)
def learn_barcode(sku: str, code: str, pack_quantity: int) -> object:
    """Teach a code that was scanned: which variant it is, and how many units it means."""
    return admin_detail.get_variant(
        variants.learn_barcode(sku=sku, code=code, pack_quantity=pack_quantity, by=principal())
    )
