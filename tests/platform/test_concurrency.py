"""Two people at once: who changes a row says which version of it they have seen."""

import pytest
from flask.testing import FlaskClient

from tests.support.workshop import PATH


def test_the_version_that_stands_may_be_changed_and_the_next_one_comes_back(
    client: FlaskClient,
) -> None:
    answer = client.patch(f"{PATH}/versioned", headers={"If-Match": '"3"'})

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"4"'


def test_a_tag_that_a_proxy_has_weakened_still_counts(client: FlaskClient) -> None:
    assert client.patch(f"{PATH}/versioned", headers={"If-Match": 'W/"3"'}).status_code == 200


@pytest.mark.parametrize(
    "tag", ["", "*", "3", '"three"', '"3", "4"', '"-3"', '"3"x', '"3333333333"']
)
def test_a_change_without_a_version_is_not_made(client: FlaskClient, tag: str) -> None:
    answer = client.patch(f"{PATH}/versioned", headers={"If-Match": tag} if tag else {})

    assert answer.status_code == 428
    assert answer.json is not None
    assert answer.json["code"] == "precondition_required"


def test_a_change_of_something_that_has_moved_on_is_refused_and_told_where_it_stands(
    client: FlaskClient,
) -> None:
    answer = client.patch(f"{PATH}/versioned", headers={"If-Match": '"2"'})

    assert answer.status_code == 412
    assert answer.json is not None
    assert answer.json["code"] == "stale_version"
    assert (answer.json["current_version"], answer.json["expected_version"]) == (3, 2)
