"""One customer, with what orders and store credit know of them."""

from uuid import UUID

from api.accounts.queries import customers as customers_queries
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.orders.queries import customer_orders
from api.platform.external_references import Subject, SubjectKind, references_of
from api.stored_value import queries as stored_value_queries


def customer_for_staff(customer_id: UUID, by: Principal) -> dict[str, object]:
    """Return a customer with groups, addresses, notes, credit, references and sums of orders.

    Seven statements, however many of each there are. Raises `AccountNotFound`.
    """
    found = customers_queries.customer(customer_id)
    has_credit = by.may(Permission.CREDIT_READ)
    return {
        **found,
        **customer_orders.sums_of_customer(customer_id),
        "store_credit": stored_value_queries.credit_of_customer(customer_id)
        if has_credit
        else None,
        "references": references_of(Subject(SubjectKind.CUSTOMER, customer_id)),
    }
