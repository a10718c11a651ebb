"""A shelf is opened once; one whose opening was taken back was never opened."""

from uuid import UUID

from flask import Flask

from api.inventory import service as inventory_service
from api.inventory.models import AdjustReason
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.support.books import stock_differences
from tests.support.catalogue import a_product
from tests.support.stock import Counters, a_location, counters, goods, held, journal, level_of


def _taken_back(variant: UUID, *, quantity: int, at: UUID) -> tuple[int, int]:
    """Take an opening back; returns how many went and how many stayed."""
    with transaction():
        taken, left = inventory_service.revert_opening_stock(
            {(variant, at): quantity}, note="Import undone", by=SYSTEM
        )
    return len(taken), len(left)


def _opened_again(variant: UUID, quantity: int, *, at: UUID) -> int:
    with transaction():
        unopened = inventory_service.lock_unopened([variant])
        opened = inventory_service.open_stock(
            [(variant, quantity)], location_id=at, unopened=unopened, by=SYSTEM
        )
        return len(opened)


def test_an_opening_taken_back_may_be_made_again_and_again(app: Flask) -> None:
    """The journal keeps all of it, and the shop sells what lies there."""
    main = a_location("MAIN")
    mug = goods("MUG", 5, at=main)

    assert _taken_back(mug, quantity=5, at=main) == (1, 0)
    assert _opened_again(mug, 7, at=main) == 1
    assert _opened_again(mug, 9, at=main) == 0
    assert _taken_back(mug, quantity=7, at=main) == (1, 0)

    assert counters(mug) == Counters(on_hand=0)
    assert [(kind, change) for kind, change, *_ in journal(mug)] == [
        ("opening", 5),
        ("opening_undone", -5),
        ("opening", 7),
        ("opening_undone", -7),
    ]
    assert stock_differences() == []


def test_a_shelf_that_somebody_counted_since_is_theirs(app: Flask) -> None:
    """Also when they found nothing there, and when they put it back."""
    main = a_location("MAIN")
    mug, tea = goods("MUG", 5, at=main), goods("TEA", 5, at=main)
    assert _taken_back(mug, quantity=5, at=main) == (1, 0)
    for change in (3, -3):
        with transaction():
            inventory_service.adjust(
                level_of(mug),
                change=change,
                on_hand=None,
                expected_on_hand=None,
                reason=AdjustReason.FOUND,
                note=None,
                by=SYSTEM,
            )
    basket = held({tea: 1})
    with transaction():
        inventory_service.release_reservation(basket)

    assert _opened_again(mug, 5, at=main) == 0
    assert _taken_back(tea, quantity=5, at=main) == (0, 1)
    assert (counters(mug), counters(tea)) == (Counters(on_hand=0), Counters(on_hand=5))


def test_an_empty_shelf_on_which_nothing_ever_moved_waits_for_its_opening(app: Flask) -> None:
    """The shop makes one for each new variant, long before anybody knows what lies there."""
    main = a_location("MAIN")
    mug = goods("MUG", 0, at=main)

    assert _opened_again(mug, 0, at=main) == 0
    assert _opened_again(mug, 4, at=main) == 1

    assert counters(mug) == Counters(on_hand=4)
    assert [kind for kind, *_ in journal(mug)] == ["opening"]


def test_each_place_has_its_own_opening(app: Flask) -> None:
    main, shop = a_location("MAIN"), a_location("SHOP")
    (mug,) = a_product("MUG")
    with transaction():
        for place, quantity in ((main, 5), (shop, 2)):
            inventory_service.set_opening_stock([(mug, quantity)], location_id=place, by=SYSTEM)

    assert _taken_back(mug, quantity=2, at=shop) == (1, 0)
    assert _opened_again(mug, 3, at=main) == 0
    assert _opened_again(mug, 3, at=shop) == 1
    assert counters(mug, at=main) == Counters(on_hand=5)
    assert counters(mug, at=shop) == Counters(on_hand=3)
