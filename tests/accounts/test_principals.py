"""Who an access token speaks for."""

import pytest
from flask import Flask

from api.accounts import service as accounts_service
from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.platform.db import session
from tests.support.people import a_customer, a_staff_member
from tests.support.sql import count_statements


def test_a_token_of_staff_speaks_for_a_role(app: Flask) -> None:
    wanda = a_staff_member("warehouse", "Wanda Warehouse")

    found = accounts_service.load_principal(wanda.id, "staff")

    assert found == wanda.principal
    assert found.label == "Wanda Warehouse"
    assert found.role == "warehouse"
    assert found.permissions == {
        Permission.ORDERS_READ,
        Permission.PURCHASING_READ,
        Permission.FULFILMENT_WRITE,
        Permission.INVENTORY_READ,
        Permission.INVENTORY_ADJUST,
        Permission.INVENTORY_RECEIVE,
        Permission.INVENTORY_TRANSFER,
        Permission.CATALOG_READ,
        Permission.RETURNS_WRITE,
    }


def test_a_customer_holds_no_permission_at_all(app: Flask) -> None:
    carla = a_customer()

    found = accounts_service.load_principal(carla.id, "customer")

    assert found == carla.principal
    assert (found.role, found.permissions) == (None, frozenset())


@pytest.mark.parametrize("kind", ["staff", "guest", "system", ""])
def test_a_customers_id_under_another_kind_is_nobody(app: Flask, kind: str) -> None:
    assert accounts_service.load_principal(a_customer().id, kind) is None


def test_nobody_comes_in_unknown_or_switched_off(app: Flask) -> None:
    assert accounts_service.load_principal(new_id(), "customer") is None
    assert accounts_service.load_principal(a_staff_member(active=False).id, "staff") is None
    assert accounts_service.load_principal(a_customer(active=False).id, "customer") is None


def test_finding_out_who_someone_is_costs_one_statement(app: Flask) -> None:
    anna = a_staff_member()
    session.rollback()

    with count_statements() as statements:
        accounts_service.load_principal(anna.id, "staff")

    assert statements.count == 1, statements
