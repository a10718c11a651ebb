"""A picture goes into the shop window, and who waited for the goods is told when they are back."""

from io import BytesIO
from typing import Any

from PIL import Image

from tests.support.live import key
from tests.support.town import Town
from tests.support.waiting import eventually


def a_photograph() -> bytes:
    """Take a picture with a camera that notes its owner."""
    exif = Image.Exif()
    exif[0x013B] = "Anna Owner"
    written = BytesIO()
    Image.new("RGB", (1200, 900), "orange").save(written, "JPEG", exif=exif)
    return written.getvalue()


def test_a_picture_gets_its_sizes_and_is_given_out(town: Town) -> None:
    owner = town.owner
    answer = owner.http.post(
        "/media",
        headers=owner.headers,
        files={"file": ("orange.jpg", a_photograph(), "image/jpeg")},
    )
    assert answer.status_code == 201, answer.text
    path = answer.headers["Location"].removeprefix("/api/v1/admin")

    def ready() -> dict[str, Any] | None:
        media: dict[str, Any] = owner.gets(path)
        return media if media["state"] == "ready" else None

    media = eventually(ready, what="the sizes of a picture")

    assert [size["name"] for size in media["sizes"]] == ["thumb", "small", "medium", "large"]
    for address in [media["url"], *(size["url"] for size in media["sizes"])]:
        given = owner.http.get(address)
        assert (given.status_code, given.headers["X-Content-Type-Options"]) == (200, "nosniff")
        assert b"Anna" not in given.content
        Image.open(BytesIO(given.content)).verify()
    assert owner.http.get(f"{media['url']}/../../../secrets.json").status_code == 404


def test_who_waits_is_written_to_when_goods_come_back(town: Town) -> None:
    owner, reader = town.owner, "waits@example.test"
    created = owner.http.post(
        "/products",
        headers=owner.headers,
        json={"title": "Rare vase", "variants": [{"sku": "RARE-VASE"}]},
    ).json()
    published = owner.http.post(f"/products/{created['id']}/publish", headers=owner.headers)
    assert published.status_code == 200
    variant_id = created["variants"][0]["id"]
    visitor = town.visitor()
    visitor.posts("/stock-requests", {"variant_id": variant_id, "email": reader}, expected=202)
    visitor.posts("/stock-requests", {"variant_id": variant_id, "email": reader}, expected=202)

    level = eventually(lambda: owner.gets("/stock", q="RARE-VASE")["data"], what="a shelf")[0]
    counted = owner.http.post(
        f"/stock/{level['id']}/adjust",
        headers={**owner.headers, "Idempotency-Key": key()},
        json={"change": 3, "expected_on_hand": 0, "reason": "received"},
    )
    assert counted.status_code == 200, counted.text

    letter = town.letter_to(reader, about="Back in stock")
    token = letter.text.partition("#token=")[2].split()[0]
    visitor.posts("/stock-requests/cancel", {"token": token}, expected=204)
