"""Customers, for staff: find them, read one, write notes and references."""

from typing import Unpack
from uuid import UUID

from api.accounts.errors import AccountNotFound, TooManyCustomerNotes
from api.accounts.queries import customers as customers_queries
from api.accounts.service import customers as customers_service
from api.customers import queries
from api.customers.schemas import (
    CustomerCardSchema,
    CustomerNotesSchema,
    CustomerSchema,
    CustomersQuerySchema,
    NewCustomerNoteSchema,
)
from api.kernel.permissions import Permission
from api.platform import external_references as references
from api.platform.auth import principal, requires
from api.platform.external_references import (
    ReferenceTaken,
    Subject,
    SubjectKind,
    TooManySystems,
)
from api.platform.http import Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.reference_schemas import ReferencesSchema, SetReferenceSchema, WrittenReference

blueprint = Blueprint(
    "admin-customers",
    __name__,
    url_prefix="/api/v1/admin/customers",
    description="Customers with an account, for staff.",
)


@blueprint.route("", methods=["GET"])
@requires(Permission.CUSTOMERS_READ)
@blueprint.arguments(CustomersQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(CustomerCardSchema))
def list_customers(
    reference: str | None,
    metadata: str | None,
    q: str | None,
    group: str | None,
    **page: Unpack[PageQuery],
) -> object:
    """List customers, the newest account first. Guests are found among the orders."""
    return customers_queries.customer_page(
        reference=reference, metadata=metadata, q=q, group=group, **page
    )


@blueprint.route("/<uuid:customer_id>", methods=["GET"])
@requires(Permission.CUSTOMERS_READ)
@may_answer(AccountNotFound)
@blueprint.response(200, CustomerSchema)
def get_customer(customer_id: UUID) -> object:
    """Read a customer with groups, addresses, notes, store credit and sums of orders.

    Their orders are in the list of orders, by `customer_id`.
    """
    return queries.customer_for_staff(customer_id, principal())


@blueprint.route("/<uuid:customer_id>/notes", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(AccountNotFound, TooManyCustomerNotes)
@idempotent(required=False)
@blueprint.arguments(NewCustomerNoteSchema)
@blueprint.response(201, CustomerNotesSchema)
def add_customer_note(body: dict[str, str], customer_id: UUID) -> object:
    """Add a note about a customer for colleagues."""
    customers_service.note_customer(customer_id, body["text"], by=principal())
    return {"data": customers_queries.notes(customer_id)}


@blueprint.route("/<uuid:customer_id>/references", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(AccountNotFound, ReferenceTaken, TooManySystems)
@idempotent(required=False)
@blueprint.arguments(SetReferenceSchema)
@blueprint.response(200, ReferencesSchema)
def set_customer_reference(body: WrittenReference, customer_id: UUID) -> object:
    """Write what another system keeps about a customer; nothing removes it."""
    customers_service.lock_customer(customer_id)
    subject = Subject(SubjectKind.CUSTOMER, customer_id)
    return {"data": references.set_reference(subject, **body, by=principal())}
