"""A customer cancels while the first unit of the order is picked."""

from tests.picking.test_picking import Warehouse, picks, releases, with_totes
from tests.support.books import differences
from tests.support.shop import Shop
from tests.support.threads import at_once


def test_of_cancelling_and_picking_at_once_one_is_refused(shop: Shop) -> None:
    """Without looking again under the order's lock: goods of a cancelled order are in a tote."""
    warehouse = Warehouse(shop)
    warehouse.stocks("TEA", A_01=9)
    staff = shop.staff()
    for tote in ("T-01", "T-02", "T-03", "T-04"):
        guest = shop.guest()
        order = shop.an_order(TEA=1, buyer=guest)
        batch = with_totes(staff, releases(staff), tote)
        outcomes = at_once(
            shop.app,
            [
                lambda guest=guest, order=order: guest.cancels(order).status_code,
                lambda batch=batch: picks(staff, batch["lines"][0], item="TEA").json,
            ],
        )
        assert outcomes.errors == []
        is_cancelled = 200 in outcomes.results
        picked = next(one for one in outcomes.results if isinstance(one, dict))
        assert (picked.get("result") == "ok") is not is_cancelled, outcomes.results
        now = staff.opens(order)
        assert now["status"] == ("cancelled" if is_cancelled else "placed")
        if not is_cancelled:
            assert picks(staff, batch["lines"][0], item="TEA").status_code != 500
            staff.posts(f"/picking/batches/{batch['id']}/finish")
    assert differences() == []
