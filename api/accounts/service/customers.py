"""What staff write about customers."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from api.accounts.errors import AccountNotFound, TooManyCustomerNotes
from api.accounts.models import CustomerNote, User
from api.accounts.roles import AccountKind
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction

MOST_NOTES: Final = 200


def lock_customer(customer_id: UUID) -> None:
    """Lock a customer. Raises `AccountNotFound`, also for a member of staff."""
    found = require_transaction().scalar(
        select(User.id)
        .where(User.id == customer_id, User.kind == AccountKind.CUSTOMER)
        .with_for_update()
    )
    if found is None:
        raise AccountNotFound


def note_customer(customer_id: UUID, text: str, *, by: Principal) -> None:
    """Add a note about a customer. Locks them; raises `AccountNotFound`, `TooManyCustomerNotes`."""
    lock_customer(customer_id)
    current = require_transaction()
    of_customer = select(func.count()).where(CustomerNote.customer_id == customer_id)
    if (current.scalar(of_customer) or 0) >= MOST_NOTES:
        raise TooManyCustomerNotes(most=MOST_NOTES)
    note = CustomerNote(id=new_id(), customer_id=customer_id, text=text, created_by=by.label)
    current.add(note)
    # The text is in the note alone, where it can be erased on request.
    audit.record("customer.noted", by=by, subject_id=customer_id, characters=len(text))
