"""The lookup of scanned codes, for staff."""

from api.kernel.permissions import Permission
from api.orders.errors import OrderNotFound
from api.platform.auth import principal, requires
from api.platform.http import Blueprint
from api.platform.openapi_errors import may_answer
from api.scan import queries
from api.scan.errors import CodeUnknown
from api.scan.schemas import ScanQuerySchema, ScanSchema

blueprint = Blueprint(
    "scan",
    __name__,
    url_prefix="/api/v1/admin",
    description="The lookup of scanned codes.",
)


@blueprint.route("/scan", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(CodeUnknown, OrderNotFound)
@blueprint.arguments(ScanQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, ScanSchema)
def scan_any(code: str) -> object:
    """Look up a scanned code, exactly as the scanner sent it.

    Orders, parcels, variants and bins are found by any code printed on them or on their papers.
    """
    return queries.resolve(code, principal())


@blueprint.route("/scan/<path:code>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(CodeUnknown, OrderNotFound)
@blueprint.response(200, ScanSchema)
def scan_code(code: str) -> object:
    """Look up a scanned code in the path.

    Like `GET /scan?code=`, but not for codes with two slashes in a row, as in links.
    """
    return queries.resolve(code, principal())
