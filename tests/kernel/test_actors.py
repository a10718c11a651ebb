"""Who is acting, and how that one is named in rows and limits."""

from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.kernel.principal import GUEST, SYSTEM, Principal


def test_a_principal_may_do_what_their_permissions_say_and_nothing_else() -> None:
    packer = Principal(
        kind="staff", id=new_id(), permissions=frozenset({Permission.FULFILMENT_WRITE})
    )

    assert packer.may(Permission.FULFILMENT_WRITE)
    assert not packer.may(Permission.ORDERS_REFUND)
    assert not GUEST.may(Permission.ORDERS_READ)


def test_actors_are_named_by_what_they_cannot_share() -> None:
    someone = new_id()

    assert Principal(kind="staff", id=someone).actor_key == f"staff:{someone}"
    assert Principal(kind="customer", id=someone).actor_key == f"customer:{someone}"
    assert Principal(kind="guest", guest_key="abc").actor_key == "guest:abc"
    assert SYSTEM.actor_key == "system:-"


def test_permissions_stand_in_alphabetical_order() -> None:
    written = [permission.value for permission in Permission]

    assert written == sorted(written)
    assert all(permission.count(":") == 1 for permission in written)
