"""What customs ask travels with a variant: through the API and files onto the order line."""

from typing import Any

import pytest

from api.imports.policy import FileFormat, OnConflict
from tests.support.moving import counts_of, moved_in, moved_out, problems_of
from tests.support.shop import Shop


def patched(shop: Shop, changes: dict[str, Any]) -> Any:
    owner = shop.staff()
    path = f"/api/v1/admin/variants/{shop.variants['MUG']}"
    seen = owner.client.get(path, headers=owner.headers)
    headers = {**owner.headers, "If-Match": seen.headers["ETag"]}
    return owner.client.patch(path, json=changes, headers=headers)


def test_hs_code_and_origin_are_kept_and_sold_with_the_goods(shop: Shop) -> None:
    shop.sells("MUG", 5)

    changed = patched(shop, {"hs_code": "6912.00.23", "origin_country": "PT"})
    order = shop.an_order(MUG=1)
    patched(shop, {"hs_code": "", "origin_country": ""})

    assert changed.status_code == 200
    (line,) = shop.staff().gets(f"/orders/{order['id']}").json["lines"]
    assert (line["hs_code"], line["origin_country"]) == ("6912.00.23", "PT")


@pytest.mark.parametrize(
    "wrong", [{"hs_code": "69"}, {"hs_code": "6912 00"}, {"origin_country": "XX"}]
)
def test_what_customs_would_not_read_is_refused(shop: Shop, wrong: dict[str, str]) -> None:
    shop.sells("MUG", 5)

    assert patched(shop, wrong).status_code == 422


def test_files_carry_it_out_and_in(shop: Shop) -> None:
    shop.sells("MUG", 5)
    patched(shop, {"hs_code": "691200", "origin_country": "PT"})
    out = moved_out(FileFormat.CSV).decode()
    assert "hs_code,origin_country" in out.splitlines()[0]
    assert ",691200,PT," in out

    def again(cells: str) -> dict[str, Any]:
        changed = out.replace(",691200,PT,", cells).encode()
        return moved_in(changed, on_conflict=OnConflict.OVERWRITE)

    came, wrong = again(",6912.00,DE,"), again(",691,ZZ,")

    assert counts_of(came)[1] == 1
    assert ",6912.00,DE," in moved_out(FileFormat.CSV).decode()
    assert problems_of(wrong) == [(2, "hs_code", "691")]
