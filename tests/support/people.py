"""People for tests: they exist in the database and hold a token, at the cost of one insert."""

from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token
from sqlalchemy import select

from api.accounts.models import StaffRole, User
from api.accounts.roles import AccountKind, permissions_of
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.db import session, transaction

PASSWORD = "correct horse battery staple"
PASSWORD_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$1x0KyZVp6dphv1d68e3UkQ$"
    "T/Kd83+PmsSfnyKcZHtXTx0hOcNY0GaHXyLd1l8Cyqc"
)

_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """Someone with an account: `headers` signs them in, `principal` is who services see."""

    id: UUID
    email: str
    password: str
    headers: dict[str, str]
    principal: Principal

    def with_headers(self, **more: str) -> dict[str, str]:
        """Return the headers with more: `anna.with_headers(If_Match='"3"')`."""
        return self.headers | {name.replace("_", "-"): value for name, value in more.items()}


def a_staff_member(
    role: str = "owner", name: str = "Anna Owner", *, email: str | None = None, active: bool = True
) -> Person:
    """Hire someone. Needs an app context and no open transaction."""
    return _person(AccountKind.STAFF, role, name, email, active)


def a_customer(
    name: str = "Carla Customer", *, email: str | None = None, active: bool = True
) -> Person:
    """Have someone with a customer account. Needs an app context and no open transaction."""
    return _person(AccountKind.CUSTOMER, None, name, email, active)


def bearer(user_id: UUID, kind: str, **claims: str) -> dict[str, str]:
    """Return the header that signs an account in."""
    token = create_access_token(identity=str(user_id), additional_claims={"kind": kind, **claims})
    return {"Authorization": f"Bearer {token}"}


def _person(
    kind: AccountKind, role: str | None, name: str, email: str | None, active: bool
) -> Person:
    """Write the account down; a role of the shop's own must be there."""
    user_id = new_id()
    own = session.scalar(select(StaffRole.permissions).where(StaffRole.name == role))
    permissions = permissions_of(role, own)
    address = email or f"{kind}-{next(_numbers)}@example.test"
    with transaction() as current:
        current.add(
            User(
                id=user_id,
                kind=kind,
                email=address,
                full_name=name,
                password_hash=PASSWORD_HASH,
                role=role,
                is_active=active,
            )
        )
    principal = Principal(
        kind=kind.value, id=user_id, label=name, role=role, permissions=permissions
    )
    return Person(user_id, address, PASSWORD, bearer(user_id, kind.value), principal)


def signs_in(
    client: FlaskClient, person: Person, *, device: str = "Mozilla/5.0 Firefox/140.0"
) -> Any:
    """Have someone sign in over HTTP; returns the answer's body."""
    desk = "admin/auth" if person.principal.kind == "staff" else "auth"
    response = client.post(
        f"/api/v1/{desk}/login",
        json={"email": person.email, "password": person.password},
        headers={"User-Agent": device},
    )
    assert response.status_code == 200, response.text
    return response.json
