"""Pictures: read as what they are, kept once, made smaller by a worker, shown by products."""

import struct
import zlib
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from api.catalog import flows as catalog_flows
from api.catalog.errors.media import (
    MediaInUse,
    MediaUnknown,
    PictureTooManyPixels,
    PictureUnreadable,
)
from api.catalog.events import CatalogChanged, MediaRemoved, MediaUploaded
from api.catalog.models.media import Media
from api.catalog.models.products import Product, Variant
from api.catalog.queries import admin_detail
from api.catalog.queries import media as media_queries
from api.catalog.service import media as media_service
from api.catalog.service import products as product_service
from api.catalog.service import thumbnails
from api.catalog.service.inputs import ImageInput, ProductInput
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.platform.service_registry import get_service
from api.platform.storage import FolderStorage, Storage, StorageUnavailable
from tests.support.events import facts_of
from tests.support.people import a_staff_member
from tests.support.sql import count_statements
from tests.support.threads import at_once
from tests.support.work import drain

GPS = 0x8825
ORIENTATION = 0x0112


def a_picture(
    kind: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **how: Any
) -> bytes:
    """Paint a picture whose left half is dark and whose right half is light."""
    image = Image.new(mode, size)
    light = {"RGB": (250, 240, 230), "RGBA": (250, 240, 230, 128), "CMYK": (0, 10, 10, 0)}
    image.paste(light.get(mode, 200), (size[0] // 2, 0, size[0], size[1]))
    written = BytesIO()
    image.save(written, kind, **how)
    return written.getvalue()


def with_place(orientation: int = 1) -> bytes:
    """Take a picture with a telephone that knows where it is."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "Telephone of Anna"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (53.0, 4.0, 30.0)
    return a_picture(exif=exif, comment=b"in my kitchen")


def a_bomb() -> bytes:
    """Write a PNG of a few bytes that says it has ten thousand million pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\x00" * 1000)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.fixture
def desk(app: Flask) -> FlaskClient:
    """A client that a manager is signed in at."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = a_staff_member("manager").headers["Authorization"]
    return client


def handed_in(desk: FlaskClient, content: bytes, name: str = "photo.jpg") -> Any:
    """Hand a picture in as a form does."""
    return desk.post("/api/v1/admin/media", data={"file": (BytesIO(content), name)})


def given_out(address: str, app: Flask) -> bytes:
    """Return what is given out at an address."""
    with app.test_client().get(address.removeprefix("http://127.0.0.1:8000")) as answer:
        assert answer.status_code == 200
        return answer.data


def test_a_picture_is_taken_in_and_gets_its_sizes(desk: FlaskClient, app: Flask) -> None:
    answer = handed_in(desk, a_picture(size=(2000, 1000)))

    assert answer.status_code == 201
    assert answer.json["state"] == "waiting"
    assert answer.headers["Location"] == f"/api/v1/admin/media/{answer.json['id']}"

    drain()

    media = desk.get(answer.headers["Location"]).json
    assert (media["state"], media["width"], media["height"]) == ("ready", 2000, 1000)
    assert [(s["name"], s["width"], s["height"]) for s in media["sizes"]] == [
        ("thumb", 160, 80),
        ("small", 400, 200),
        ("medium", 800, 400),
        ("large", 1600, 800),
    ]
    for size in media["sizes"]:
        image = Image.open(BytesIO(given_out(size["url"], app)))
        assert (image.format, image.size) == ("WEBP", (size["width"], size["height"]))


def test_a_raw_body_will_do(desk: FlaskClient) -> None:
    answer = desk.post("/api/v1/admin/media", data=a_picture("PNG"), content_type="image/png")

    assert (answer.status_code, answer.json["content_type"]) == (201, "image/png")


def test_the_same_file_twice_is_one_picture(desk: FlaskClient) -> None:
    first, second = (handed_in(desk, a_picture()) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["id"] == second.json["id"]
    assert len(facts_of(MediaUploaded)) == 1


def test_the_same_file_from_many_hands_at_once_is_one_picture(app: Flask) -> None:
    """Without the unique checksum each would be a picture of its own."""
    content = a_picture("PNG", (800, 600))
    storage: Storage = get_service(Storage)
    assert isinstance(storage, FolderStorage)
    before = set(storage.root.rglob("*.png"))

    taken = at_once(app, [lambda: catalog_flows.add_picture(content, by=SYSTEM)] * 4)

    assert not taken.errors
    assert len(set(taken.results)) == 1
    assert len(facts_of(MediaUploaded)) == 1
    (file,) = set(storage.root.rglob("*.png")) - before
    assert file == storage.path(str(session.scalar(select(Media.storage_key))))
    assert file.read_bytes() == content


def test_no_size_is_larger_than_the_picture(app: Flask) -> None:
    made = thumbnails.make_thumbnails(a_picture(size=(300, 90)))

    assert [(m.name, m.file, m.width, m.height) for m in made] == [
        ("thumb", "thumb.webp", 160, 48),
        ("small", "large.webp", 300, 90),
        ("medium", "large.webp", 300, 90),
        ("large", "large.webp", 300, 90),
    ]


def test_nobody_learns_where_a_picture_was_taken(desk: FlaskClient, app: Flask) -> None:
    content = with_place()
    assert Image.open(BytesIO(content)).getexif().get_ifd(GPS)

    media = handed_in(desk, content).json
    drain()
    media = desk.get(f"/api/v1/admin/media/{media['id']}").json

    for address in [media["url"], *(size["url"] for size in media["sizes"])]:
        given = given_out(address, app)
        assert b"Anna" not in given
        assert b"kitchen" not in given
        assert not Image.open(BytesIO(given)).getexif().get_ifd(GPS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(orientation: int) -> None:
    examined = thumbnails.inspect_image(with_place(orientation))

    is_turned = orientation >= 5
    assert (examined.width, examined.height) == ((480, 640) if is_turned else (640, 480))
    assert Image.open(BytesIO(examined.content)).getexif().get(ORIENTATION, 1) == orientation
    small = next(m for m in thumbnails.make_thumbnails(examined.content) if m.name == "small")
    image = Image.open(BytesIO(small.content)).convert("L")
    assert image.size == ((300, 400) if is_turned else (400, 300))
    w, h = image.size
    dark = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom",
            8: "bottom"}[orientation]  # fmt: skip
    spot = {"left": (9, h // 2), "right": (w - 9, h // 2), "top": (w // 2, 9),
            "bottom": (w // 2, h - 9)}[dark]  # fmt: skip
    level = image.getpixel(spot)
    assert isinstance(level, int | float)
    assert level < 60


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "P"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "1"), ("PNG", "I;16"), ("PNG", "RGBA"),
     ("JPEG", "L"), ("JPEG", "CMYK"), ("WEBP", "RGBA"), ("WEBP", "RGB")],
)  # fmt: skip
def test_pictures_of_every_kind_are_made_smaller(kind: str, mode: str) -> None:
    image = Image.new(mode, (900, 300))
    light = {"1": 1, "LA": (250, 255), "RGBA": (250, 250, 250, 255),
             "RGB": (250, 250, 250), "CMYK": (0, 0, 0, 0), "P": 1}.get(mode, 250)  # fmt: skip
    if mode == "P":
        image.putpalette([0, 0, 0, 250, 250, 250])
    if mode == "I;16":
        row = b"\x00\x00" * 450 + (60_000).to_bytes(2, "little") * 450
        image = Image.frombytes(mode, (900, 300), row * 300)
    else:
        image.paste(light, (450, 0, 900, 300))
    written = BytesIO()
    image.save(written, kind)

    made = thumbnails.make_thumbnails(thumbnails.inspect_image(written.getvalue()).content)

    small = Image.open(BytesIO(made[1].content))
    assert small.size == (400, 133)
    assert small.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")
    level = small.convert("RGB").getpixel((390, 60))
    assert isinstance(level, tuple)
    assert all(part > 225 for part in level), level


def test_of_a_moving_picture_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (500, 500), colour) for colour in ("white", "black")]
    written = BytesIO()
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:])

    made = thumbnails.make_thumbnails(thumbnails.inspect_image(written.getvalue()).content)

    thumb = Image.open(BytesIO(made[0].content))
    assert not getattr(thumb, "is_animated", False)
    assert thumb.convert("L").getpixel((80, 80)) == 255


def test_a_bomb_is_not_unpacked(desk: FlaskClient) -> None:
    answer = handed_in(desk, a_bomb(), "small.png")

    assert (answer.status_code, answer.json["code"]) == (422, "picture_too_many_pixels")
    assert "100000 x 100000" in answer.json["detail"]


@pytest.mark.parametrize(
    "content",
    [b"<svg onload=alert(1)>", b"GIF89a" + b"\x00" * 50, b"%PDF-1.7", b"\xff\xd8\xff\xe0", b"x",
     a_picture()[:-200], a_picture("PNG")[:-40], a_picture("WEBP")[:60]],
)  # fmt: skip
def test_what_is_no_picture_is_refused_whatever_it_is_called(
    desk: FlaskClient, content: bytes
) -> None:
    answer = handed_in(desk, content, "photo.jpg")

    assert (answer.status_code, answer.json["code"]) == (422, "picture_unreadable")
    assert session.scalar(select(Media.id)) is None


_WHOLE = [with_place(6), a_picture("PNG", (40, 30), "RGBA"), a_picture("WEBP", (40, 30))]


@given(st.sampled_from(_WHOLE), st.data())
def test_broken_files_are_refused_and_never_a_bug(whole: bytes, data: st.DataObject) -> None:
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))

    for broken in (bytes(content), whole[:cut]):
        try:
            thumbnails.make_thumbnails(thumbnails.inspect_image(broken).content)
        except (PictureUnreadable, PictureTooManyPixels):
            continue


def test_too_many_bytes_are_refused_before_they_are_read(desk: FlaskClient) -> None:
    answer = desk.post(
        "/api/v1/admin/media", data=b"\x00" * (20 * 1024 * 1024 + 1), content_type="image/png"
    )

    assert (answer.status_code, answer.json["code"]) == (413, "picture_too_large")
    assert "20 MB" in answer.json["detail"]


def test_a_body_without_a_length_is_read_only_so_far(desk: FlaskClient) -> None:
    class Endless(BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert size >= 0
            self.taken += size
            return bytes(size)

    body = Endless()
    answer = desk.post(
        "/api/v1/admin/media",
        input_stream=body,
        content_type="image/png",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert answer.status_code == 413
    assert body.taken < 21 * 1024 * 1024


def test_a_request_without_a_picture_says_how_to_send_one(desk: FlaskClient) -> None:
    for sent in ({"data": {"other": "x"}}, {"json": {"file": "x"}}, {"data": b""}):
        answer = desk.post("/api/v1/admin/media", **sent)
        assert (answer.status_code, answer.json["code"]) == (422, "picture_missing")


def test_a_product_shows_pictures_in_the_order_they_are_named(
    desk: FlaskClient, app: Flask
) -> None:
    media = handed_in(desk, a_picture()).json
    product = desk.post(
        "/api/v1/admin/products",
        json={
            "title": "Mug",
            "images": [
                {"url": "https://img.test/side.jpg", "alt": "Side"},
                {"media_id": media["id"]},
            ],
            "variants": [{"sku": "MUG", "image_url": media["url"]}],
        },
    )
    assert product.status_code == 201, product.json
    side, front = product.json["images"]
    assert (side["url"], side["media_id"], side["sizes"]) == ("https://img.test/side.jpg", None, [])
    assert (front["media_id"], front["url"], front["sizes"]) == (media["id"], media["url"], [])
    assert product.json["variants"][0]["image_url"] == media["url"]

    drain()

    shown = desk.get(product.headers["Location"]).json
    assert [size["name"] for size in shown["images"][1]["sizes"]] == [
        "thumb", "small", "medium", "large",
    ]  # fmt: skip
    assert (shown["images"][1]["width"], shown["images"][1]["height"]) == (640, 480)
    assert ("mug",) in [fact.slugs for fact in facts_of(CatalogChanged)]
    assert desk.get(f"/api/v1/admin/media/{media['id']}").json["used_by"] == 1

    turned = desk.patch(
        product.headers["Location"],
        json={"images": [{"media_id": media["id"], "alt": "Front"}, {"url": side["url"]}]},
        headers={"If-Match": f'"{shown["version"]}"'},
    )
    assert [image["id"] for image in turned.json["images"]] == [front["id"], side["id"]]
    assert turned.json["images"][0]["alt"] == "Front"
    assert turned.json["images"][0]["sizes"] == shown["images"][1]["sizes"]
    assert turned.json["variants"][0]["image_url"] == media["url"]


def test_a_picture_that_is_not_there_is_pointed_at(desk: FlaskClient) -> None:
    answer = desk.post(
        "/api/v1/admin/products",
        json={"title": "Mug", "images": [{"media_id": str(new_id())}], "variants": [{}]},
    )

    assert (answer.status_code, answer.json["code"]) == (422, "media_unknown")
    assert answer.json["errors"][0]["pointer"] == "/images/0/media_id"


def test_pictures_without_words_are_warned_of_and_do_not_stop_anything(desk: FlaskClient) -> None:
    product = desk.post(
        "/api/v1/admin/products",
        json={
            "title": "Mug",
            "images": [{"url": "https://img.test/a.jpg", "alt": "A mug"},
                       {"url": "https://img.test/b.jpg"}],
            "variants": [{}],
        },
    )  # fmt: skip
    (warning,) = product.json["warnings"]
    assert (warning["code"], warning["pointer"]) == ("image_alt_missing", "/images/1/alt")

    published = desk.post(f"{product.headers['Location']}/publish")
    assert (published.status_code, published.json["status"]) == (200, "active")


def test_a_picture_in_use_stays_and_another_one_goes_with_its_files(
    desk: FlaskClient, app: Flask
) -> None:
    media = handed_in(desk, a_picture()).json
    drain()
    where = f"/api/v1/admin/media/{media['id']}"
    sizes = desk.get(where).json["sizes"]
    product = desk.post(
        "/api/v1/admin/products",
        json={"title": "Mug", "images": [{"media_id": media["id"]}], "variants": [{}]},
    )

    kept = desk.delete(where)
    assert (kept.status_code, kept.json["code"]) == (409, "media_in_use")

    desk.patch(product.headers["Location"], json={"images": []}, headers={"If-Match": '"1"'})
    assert desk.delete(where).status_code == 204
    assert desk.get(where).status_code == 404
    assert len(facts_of(MediaRemoved)) == 1
    drain()
    for address in [media["url"], *(size["url"] for size in sizes)]:
        answer = app.test_client().get(address.removeprefix("http://127.0.0.1:8000"))
        assert answer.status_code == 404


def test_a_product_and_a_removal_that_want_one_picture_do_not_both_get_it(app: Flask) -> None:
    """Without the locks a product would show a picture whose files are deleted."""
    for number in range(5):
        media_id = catalog_flows.add_picture(a_picture(size=(20 + number, 20)), by=SYSTEM)

        def shows(media_id: UUID = media_id, number: int = number) -> str:
            draft = ProductInput(title=f"M{number}", images=(ImageInput(media_id=media_id),))
            with transaction():
                product_service.create_product(draft, by=SYSTEM)
            return "shown"

        def goes(media_id: UUID = media_id) -> str:
            with transaction():
                media_service.remove_media(media_id, by=SYSTEM)
            return "gone"

        outcome = at_once(app, [shows, goes])

        assert len(outcome.results) == 1, (outcome.results, outcome.errors)
        assert {type(error) for error in outcome.errors} <= {MediaInUse, MediaUnknown}
        is_there = session.scalar(select(Media.id).where(Media.id == media_id)) is not None
        assert is_there == (outcome.results == ["shown"])


def test_a_product_that_takes_a_picture_just_when_it_is_ready_has_its_sizes(app: Flask) -> None:
    """Without the lock it would keep the empty sizes that it read."""
    for number in range(5):
        media_id = catalog_flows.add_picture(a_picture(size=(20 + number, 30)), by=SYSTEM)

        def shows(media_id: UUID = media_id, number: int = number) -> None:
            draft = ProductInput(title=f"R{number}", images=(ImageInput(media_id=media_id),))
            with transaction():
                product_service.create_product(draft, by=SYSTEM)

        def makes(media_id: UUID = media_id) -> None:
            catalog_flows.make_sizes(media_id)

        at_once(app, [shows, makes]).of_status(0)

        product_id = session.scalar(select(Product.id).where(Product.title == f"R{number}"))
        assert product_id is not None
        assert len(admin_detail.get_product(product_id)["images"][0]["sizes"]) == 4


def test_a_job_that_dies_on_the_way_begins_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    media_id = catalog_flows.add_picture(a_picture(size=(900, 900)), by=SYSTEM)
    storage: Storage = get_service(Storage)
    put, calls = storage.put, []

    def dies(key: str, content: bytes) -> None:
        calls.append(key)
        if len(calls) == 2:
            raise StorageUnavailable
        put(key, content)

    monkeypatch.setattr(storage, "put", dies)
    with pytest.raises(StorageUnavailable):
        catalog_flows.make_sizes(media_id)
    assert media_queries.get_media(media_id)["state"] == "waiting"

    catalog_flows.make_sizes(media_id)
    catalog_flows.make_sizes(media_id)

    assert media_queries.get_media(media_id)["state"] == "ready"
    files = [key.rpartition("/")[2] for key in calls]
    assert files[:2] == ["thumb.webp", "small.webp"]
    assert files[2:] == ["thumb.webp", "small.webp", "medium.webp", "large.webp"]


def test_a_picture_that_cannot_be_read_any_more_is_told_and_may_be_handed_in_again(
    desk: FlaskClient,
) -> None:
    media = handed_in(desk, a_picture()).json
    storage: Storage = get_service(Storage)
    key = session.scalar(select(Media.storage_key))
    assert key is not None
    storage.put(key, b"something else")
    drain()

    failed = desk.get("/api/v1/admin/media", query_string={"state": "failed"}).json["data"]
    assert [(one["id"], one["sizes"]) for one in failed] == [(media["id"], [])]
    assert "PictureUnreadable" in failed[0]["error"]
    product = desk.post(
        "/api/v1/admin/products",
        json={
            "title": "Mug",
            "images": [{"media_id": media["id"], "alt": "Mug"}],
            "variants": [{}],
        },
    )
    (warning,) = product.json["warnings"]
    assert (warning["code"], warning["pointer"]) == ("image_without_sizes", "/images/0/media_id")

    again = handed_in(desk, a_picture())
    assert (again.json["id"], again.json["state"], again.json["error"]) == (
        media["id"], "waiting", None,
    )  # fmt: skip
    drain()
    assert desk.get(f"/api/v1/admin/media/{media['id']}").json["state"] == "ready"


def test_the_list_of_pictures_costs_one_statement(desk: FlaskClient) -> None:
    ids = [catalog_flows.add_picture(a_picture(size=(20 + n, 20)), by=SYSTEM) for n in range(5)]

    with count_statements() as statements:
        page = media_queries.list_media(limit=3)

    assert statements.count == 1, statements
    assert [card["id"] for card in page["data"]] == ids[::-1][:3]
    later = media_queries.list_media(limit=3, cursor=page["page"]["next_cursor"])
    assert [card["id"] for card in later["data"]] == ids[1::-1]


def test_pictures_are_given_out_for_ever_and_in_parts(desk: FlaskClient, app: Flask) -> None:
    content = a_picture()
    address = handed_in(desk, content).json["url"].removeprefix("http://127.0.0.1:8000")
    browser = app.test_client()

    with browser.get(address) as whole:
        assert (whole.status_code, whole.data) == (200, content)
    assert whole.headers["Content-Type"] == "image/jpeg"
    assert whole.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"

    with browser.get(address, headers={"Range": "bytes=0-9"}) as part:
        assert (part.status_code, part.data) == (206, content[:10])
    with browser.get(address, headers={"If-None-Match": whole.headers["ETag"]}) as known:
        assert known.status_code == 304


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/secret.jpg", "a/secret.txt", "a.svg",
     ".half.jpg", "nothing/here.jpg", "%2fetc%2fhosts.jpg", "a//b.jpg", "a/b.html"],
)  # fmt: skip
def test_nothing_else_is_given_out(app: Flask, path: str) -> None:
    storage: Storage = get_service(Storage)
    assert isinstance(storage, FolderStorage)
    (storage.root / "a").mkdir(parents=True, exist_ok=True)
    (storage.root / "a" / "secret.txt").write_text("secret")
    (storage.root / "a" / "b.html").write_text("<script>")

    answer = app.test_client().get(f"/media/{path}")

    assert answer.status_code == 404
    assert b"secret" not in answer.data


def test_only_those_who_may_write_hand_pictures_in(app: Flask) -> None:
    nobody = app.test_client().post("/api/v1/admin/media", data=a_picture())
    assert nobody.status_code == 401
    helper = app.test_client().post(
        "/api/v1/admin/media", data=a_picture(), headers=a_staff_member("support").headers
    )
    assert helper.status_code == 403
    assert session.scalar(select(Media.id)) is None
    assert session.scalar(select(Variant.id)) is None


def test_a_variant_names_its_picture_by_id_or_by_address(desk: FlaskClient) -> None:
    one, other = (
        desk.post(
            "/api/v1/admin/products",
            json={"title": title, "images": [{"url": f"https://img.test/{title}.jpg"}],
                  "variants": [{"sku": title}]},
        ).json
        for title in ("Mug", "Cup")
    )  # fmt: skip
    where = f"/api/v1/admin/variants/{one['variants'][0]['id']}"

    def shows(version: int, **change: Any) -> Any:
        return desk.patch(where, json=change, headers={"If-Match": f'"{version}"'})

    image = one["images"][0]
    answer = shows(1, image_id=image["id"])
    assert (answer.json["image_id"], answer.json["image_url"]) == (image["id"], image["url"])
    assert shows(2, image_id=None).json["image_id"] is None
    assert shows(3, image_url=image["url"]).json["image_id"] == image["id"]
    foreign = shows(4, image_id=other["images"][0]["id"])
    assert (foreign.status_code, foreign.json["code"]) == (422, "image_unknown")
    both = shows(4, image_id=image["id"], image_url=image["url"])
    assert (both.status_code, both.json["errors"][0]["pointer"]) == (422, "/image_id")


def test_the_address_of_a_kept_picture_means_that_picture(desk: FlaskClient) -> None:
    media = handed_in(desk, a_picture()).json
    drain()
    wrong = media["url"].replace("original", "other")
    far = "https://img.test/a/" + media["id"] + "/x.jpg"

    product = desk.post(
        "/api/v1/admin/products",
        json={
            "title": "Mug",
            "images": [{"url": media["url"]}, {"url": wrong}, {"url": far}],
            "variants": [{}],
        },
    )

    assert [image["media_id"] for image in product.json["images"]] == [media["id"], None, None]
    assert len(product.json["images"][0]["sizes"]) == 4
    kept = desk.delete(f"/api/v1/admin/media/{media['id']}")
    assert (kept.status_code, kept.json["code"]) == (409, "media_in_use")
    twice = {"images": [{"media_id": media["id"]}, {"url": media["url"]}]}
    for answer in (
        desk.post("/api/v1/admin/products", json={"title": "Cup", "variants": [{}], **twice}),
        desk.patch(product.headers["Location"], json=twice, headers={"If-Match": '"1"'}),
    ):
        assert (answer.status_code, answer.json["code"]) == (422, "picture_twice")
        assert answer.json["errors"][0]["pointer"] == "/images/1/media_id"


def test_a_picture_that_is_removed_while_its_sizes_are_made_leaves_no_file(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    media_id = catalog_flows.add_picture(a_picture(size=(900, 800)), by=SYSTEM)
    storage: Storage = get_service(Storage)
    assert isinstance(storage, FolderStorage)
    folder = storage.path(f"{catalog_flows.folder_of(media_id)}/original.jpg").parent
    put = storage.put

    def put_late(key: str, content: bytes) -> None:
        if key.endswith("small.webp"):
            with transaction():
                media_service.remove_media(media_id, by=SYSTEM)
            catalog_flows.forget_files(
                media_id, f"{catalog_flows.folder_of(media_id)}/original.jpg"
            )
        put(key, content)

    monkeypatch.setattr(storage, "put", put_late)
    catalog_flows.make_sizes(media_id)

    assert not folder.exists()
