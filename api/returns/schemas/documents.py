"""The slip of a return as a response."""

from uuid import UUID

from flask import Response

from api.documents import slips
from api.returns.queries import slips as queries

PDF: object = {
    200: {
        "description": "The slip with its barcode.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def pdf(return_id: UUID) -> Response:
    """Return the slip of a return as a file. Raises `ReturnNotFound`."""
    of = queries.slip_of(return_id)
    headers = {"Content-Disposition": f'inline; filename="{of.code}.pdf"'}
    return Response(slips.slip(of), headers=headers, content_type="application/pdf")
