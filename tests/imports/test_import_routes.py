"""Imports over HTTP: handing in, watching, problems, and what is refused at the door."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.kernel.ids import new_id
from tests.support.people import a_customer, a_staff_member
from tests.support.sheets import a_file, a_simple_row, sizes
from tests.support.work import drain

URL = "/api/v1/admin/imports"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _key() -> str:
    return str(new_id())


def _hand_in(client: FlaskClient, headers: dict[str, str], content: bytes, key: str | None = None):
    return client.post(
        URL,
        headers={**headers, "Idempotency-Key": key or _key()},
        data=content,
        content_type="text/csv",
    )


def test_a_file_is_handed_in_watched_and_read(client: FlaskClient) -> None:
    """202 with the address of the job."""
    anna = a_staff_member("manager")

    handed_in = _hand_in(client, anna.headers, a_file(*sizes("shirt", "Shirt", "S", "L")))

    assert handed_in.status_code == 202
    job = handed_in.get_json()
    assert (job["status"], job["progress"]) == ("pending", {"rows_read": 0, "rows_total": None})
    assert handed_in.headers["Location"] == f"{URL}/{job['id']}"
    drain()
    done = client.get(handed_in.headers["Location"], headers=anna.headers).get_json()
    assert (done["status"], done["progress"]) == ("completed", {"rows_read": 2, "rows_total": 2})
    assert done["result"]["products"] == {
        "created": 1,
        "changed": 0,
        "unchanged": 0,
        "failed": 0,
    }
    listed = client.get(f"{URL}?include=total", headers=anna.headers).get_json()
    assert [item["id"] for item in listed["data"]] == [job["id"]]
    assert listed["page"]["total"] == 1


def test_a_form_brings_a_file_with_its_name(client: FlaskClient) -> None:
    """As browsers send it."""
    anna = a_staff_member("owner")

    handed_in = client.post(
        URL,
        headers=anna.with_headers(Idempotency_Key=_key()),
        data={"file": (io.BytesIO(a_file(a_simple_row("mug", "Mug"))), "spring.csv")},
    )

    assert handed_in.status_code == 202
    assert handed_in.get_json()["filename"] == "spring.csv"


def test_a_file_handed_in_twice_with_one_key_is_one_import(client: FlaskClient) -> None:
    """The second answer is the first one."""
    anna, key = a_staff_member("owner"), _key()
    content = a_file(a_simple_row("mug", "Mug"))

    first = _hand_in(client, anna.headers, content, key)
    second = _hand_in(client, anna.headers, content, key)

    assert second.get_json()["id"] == first.get_json()["id"]
    assert second.headers["Idempotent-Replayed"] == "true"


def test_problems_come_in_pages_by_row(client: FlaskClient) -> None:
    """Row, column, value, reason."""
    anna = a_staff_member("owner")
    rows = sizes("shirt", "Shirt", *(f"Size {n}" for n in range(6)), variant_price="dear")
    job = _hand_in(client, anna.headers, a_file(*rows)).get_json()
    drain()

    first = client.get(f"{URL}/{job['id']}/errors?limit=4&include=total", headers=anna.headers)
    page = first.get_json()
    rest = client.get(
        f"{URL}/{job['id']}/errors?limit=4&cursor={page['page']['next_cursor']}",
        headers=anna.headers,
    ).get_json()

    assert page["page"]["total"] == 7
    assert [p["row"] for p in page["data"] + rest["data"]] == [2, 2, 3, 4, 5, 6, 7]
    assert page["data"][0] | {"reason": ""} == {
        "row": 2,
        "column": "Variant Price",
        "value": "dear",
        "reason": "",
        "consequence": "row_skipped",
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"Handle,Title\n", "The file has a header and no products."),
        (b"Name,Price\nMug,9\n", "No shop that Stockroom knows writes such a first row."),
        (b"Handle,Title\nmug,M\xc3\xbcg\ncup,C\xfcp\n", "The file is not text in UTF-8"),
    ],
)
def test_what_is_no_product_file_is_refused_at_once(
    client: FlaskClient, content: bytes, said: str
) -> None:
    """Nothing is kept of it."""
    anna = a_staff_member("owner")

    answer = _hand_in(client, anna.headers, content)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "file_unreadable")
    assert answer.get_json()["detail"].startswith(said)
    assert client.get(URL, headers=anna.headers).get_json()["data"] == []


def test_a_request_without_a_file_says_how_to_send_one(client: FlaskClient) -> None:
    """As JSON, or a form without the part."""
    anna = a_staff_member("owner")

    for sent in ({"json": {"a": 1}}, {"data": {"other": "x"}}):
        answer = client.post(URL, headers=anna.with_headers(Idempotency_Key=_key()), **sent)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "file_missing")


def test_an_import_is_cancelled_once(client: FlaskClient) -> None:
    """Afterwards it has ended."""
    anna = a_staff_member("owner")
    job = _hand_in(client, anna.headers, a_file(a_simple_row("mug", "Mug"))).get_json()

    cancelled = client.post(f"{URL}/{job['id']}/cancel", headers=anna.headers)
    again = client.post(f"{URL}/{job['id']}/cancel", headers=anna.headers)
    drain()

    assert cancelled.get_json()["status"] == "cancelled"
    assert (again.status_code, again.get_json()["code"]) == (409, "invalid_state")
    assert client.get("/api/v1/products/mug").status_code == 404


def test_only_those_who_may_import_do(client: FlaskClient) -> None:
    """Nothing of it is for customers or the packing table."""
    content = a_file(a_simple_row("mug", "Mug"))
    for person, status in ((a_customer(), 403), (a_staff_member("warehouse"), 403)):
        assert _hand_in(client, person.headers, content).status_code == status
        assert client.get(URL, headers=person.headers).status_code == status
    assert client.get(URL).status_code == 401


def test_an_import_needs_a_key_and_an_unknown_one_is_not_found(client: FlaskClient) -> None:
    """A repeated upload must not be a second import."""
    anna = a_staff_member("owner")
    content = a_file(a_simple_row("mug", "Mug"))

    keyless = client.post(URL, headers=anna.headers, data=content, content_type="text/csv")

    assert keyless.get_json()["code"] == "idempotency_key_required"
    for path in ("", "/errors"):
        answer = client.get(f"{URL}/{new_id()}{path}", headers=anna.headers)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "import_not_found")


def test_a_trial_is_looked_at_run_and_taken_back(client: FlaskClient) -> None:
    """All over HTTP: dry run, changes, run, undo."""
    anna = a_staff_member("manager")
    sent = client.post(
        f"{URL}?dry_run=true&on_conflict=overwrite",
        headers={**anna.headers, "Idempotency-Key": _key()},
        data=a_file(a_simple_row("mug", "Mug"), a_simple_row("cup", "Cup", price="dear")),
        content_type="text/csv",
    )
    path = sent.headers["Location"]
    drain()
    job = client.get(path, headers=anna.headers).get_json()
    assert (job["is_dry_run"], job["on_conflict"], job["format"]) == (True, "overwrite", "shopify")
    assert client.get("/api/v1/products/mug").status_code == 404
    changes = client.get(f"{path}/changes?kind=created&include=total", headers=anna.headers)
    assert [change["slug"] for change in changes.get_json()["data"]] == ["mug"]
    assert changes.get_json()["page"]["total"] == 1

    ran = client.post(f"{path}/run", headers=anna.headers)
    drain()
    assert (ran.status_code, ran.get_json()["status"]) == (202, "pending")
    assert client.get("/api/v1/products/mug").status_code == 200
    job = client.get(path, headers=anna.headers).get_json()
    assert (job["status"], job["rows_per_second"] > 0) == ("completed", True)
    rows = client.get(f"{path}/failed-rows", headers=anna.headers)
    assert rows.headers["Content-Disposition"] == 'attachment; filename="failed-rows.csv"'
    assert rows.data.count(b"\r\n") == 2
    again = client.post(f"{path}/run", headers=anna.headers)
    assert (again.status_code, again.get_json()["code"]) == (409, "not_a_dry_run")

    asked = client.post(f"{path}/undo", headers=anna.headers)
    drain()
    assert (asked.status_code, asked.get_json()["status"]) == (202, "undoing")
    job = client.get(path, headers=anna.headers).get_json()
    assert (job["status"], job["undo"]["archived"]) == ("undone", 1)
    assert client.get("/api/v1/products/mug").status_code == 404
    (change,) = client.get(f"{path}/changes", headers=anna.headers).get_json()["data"]
    assert change["undone"] == "archived"


def test_lines_of_json_are_handed_in_and_failed_ones_handed_back(client: FlaskClient) -> None:
    """As they were, with the reason as a field that is passed over."""
    anna = a_staff_member("manager")
    good = b'{"slug": "mug", "title": "Mug", "variants": [{"sku": "mug"}]}\n'
    bad = b'{"slug": "cup", "title": 5, "variants": [{"sku": "cup"}]}\n'
    sent = client.post(
        URL,
        headers={**anna.headers, "Idempotency-Key": _key()},
        data=good + bad,
        content_type="application/jsonl",
    )
    drain()
    path = sent.headers["Location"]
    back = client.get(f"{path}/failed-rows", headers=anna.headers)

    assert back.content_type == "application/jsonl"
    assert back.data.startswith(bad.rstrip(b"}\n"))
    assert b'"why_it_failed":"/title: Write a text."' in back.data
    mended = client.post(
        URL,
        headers={**anna.headers, "Idempotency-Key": _key()},
        data=back.data.replace(b'"title": 5', b'"title": "Cup"'),
        content_type="application/jsonl",
    )
    drain()
    found = client.get(mended.headers["Location"], headers=anna.headers).get_json()
    assert found["result"]["products"]["created"] == 1


@pytest.mark.parametrize("query", ["format=xml", "dry_run=perhaps", "on_conflict=guess", "x=1"])
def test_a_question_that_is_none_is_refused(client: FlaskClient, query: str) -> None:
    """With what is wrong with it."""
    anna = a_staff_member("manager")
    answer = client.post(
        f"{URL}?{query}",
        headers={**anna.headers, "Idempotency-Key": _key()},
        data=a_file(a_simple_row("mug", "Mug")),
        content_type="text/csv",
    )

    assert answer.status_code == 422
    assert answer.get_json()["errors"]
