"""Reads of shared terminals."""

from typing import Unpack
from uuid import UUID

from sqlalchemy import select

from api.accounts.errors import TerminalNotFound
from api.accounts.models import Terminal
from api.accounts.queries import LOCATIONS
from api.kernel import clock
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort, page_response


def terminal(terminal_id: UUID) -> dict[str, object]:
    """Return a terminal. Raises `TerminalNotFound`."""
    row = session.execute(_TERMINALS.where(Terminal.id == terminal_id)).first()
    if row is None:
        raise TerminalNotFound(terminal_id=terminal_id)
    return _card(row)


def terminal_page(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """List the terminals, the newest first."""
    return page_response(
        _TERMINALS,
        Sort((Terminal.id,), descending=True),
        _card,
        filters="terminals",
        counted=select(Terminal.id),
        **asked,
    )


_SHOWN = (
    Terminal.id,
    Terminal.name,
    Terminal.created_at,
    Terminal.enrolled_at,
    Terminal.last_used_at,
    Terminal.revoked_at,
)
_TERMINALS = select(
    *_SHOWN, Terminal.code_expires_at, LOCATIONS.c.code.label("location")
).outerjoin(LOCATIONS, LOCATIONS.c.id == Terminal.location_id)


def _card(row: AnyRow) -> dict[str, object]:
    card = {column.key: getattr(row, column.key) for column in _SHOWN}
    if row.revoked_at is not None:
        status = "revoked"
    elif row.enrolled_at is not None:
        status = "enrolled"
    else:
        status = "open" if row.code_expires_at > clock.now() else "expired"
    return card | {"location": row.location, "status": status}
