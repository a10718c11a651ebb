"""Who may come in: tokens that are ours, fresh and of someone who still may."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token
from sqlalchemy import update
from werkzeug.test import TestResponse

from api.accounts.models import User
from api.kernel.ids import new_id
from api.platform.auth import hash_secret
from api.platform.db import session, transaction
from api.platform.settings import Settings
from tests.support.people import a_customer, a_staff_member, bearer
from tests.support.workshop import PATH, Bench

OWN, DESK, REFUNDS, CART = f"{PATH}/own", f"{PATH}/desk", f"{PATH}/refunds", f"{PATH}/cart"


def refusal(answer: TestResponse) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    assert answer.json is not None
    return answer.status_code, answer.json["code"]


def with_token(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def test_each_door_lets_in_those_whom_it_is_for(client: FlaskClient) -> None:
    carla, otto = a_customer(), a_staff_member("owner")

    assert client.get(OWN, headers=carla.headers).json == {"actor": f"customer:{carla.id}"}
    assert client.get(DESK, headers=otto.headers).json == {"actor": f"staff:{otto.id}"}
    assert client.post(REFUNDS, headers=otto.headers).status_code == 200
    assert client.get(CART, headers=carla.headers).json == {"actor": f"customer:{carla.id}"}
    assert client.get(CART).json == {"actor": "guest:-"}


def test_each_door_keeps_out_the_others(client: FlaskClient, bench: Bench) -> None:
    carla, walter = a_customer(), a_staff_member("warehouse")

    assert refusal(client.get(DESK, headers=carla.headers)) == (403, "forbidden")
    assert refusal(client.get(OWN, headers=walter.headers)) == (403, "forbidden")
    assert refusal(client.get(CART, headers=walter.headers)) == (403, "forbidden")
    assert refusal(client.post(REFUNDS, headers=carla.headers)) == (403, "permission_missing")
    missing = client.post(REFUNDS, headers=walter.headers)
    assert refusal(missing) == (403, "permission_missing")
    assert missing.json is not None
    assert missing.json["permission"] == "orders:refund"
    assert bench.runs == 0


@pytest.mark.parametrize("path", [OWN, DESK])
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token x"])
def test_who_shows_no_token_is_asked_to_sign_in(
    client: FlaskClient, path: str, header: str | None
) -> None:
    answer = client.get(path, headers={} if header is None else {"Authorization": header})

    assert refusal(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_that_has_run_out_says_so(client: FlaskClient) -> None:
    carla = a_customer()
    late = create_access_token(
        str(carla.id),
        additional_claims={"kind": "customer"},
        expires_delta=timedelta(seconds=-1),
    )

    assert refusal(client.get(OWN, headers=with_token(late))) == (401, "token_expired")


def test_a_token_runs_out_after_a_quarter_of_an_hour(client: FlaskClient) -> None:
    carla = a_customer()
    claims = jwt.decode(
        carla.headers["Authorization"].removeprefix("Bearer "), options={"verify_signature": False}
    )

    assert claims["exp"] - claims["iat"] == 900


def forged(claims: dict[str, object], key: str) -> dict[str, str]:
    """Return a header with a token of our own making."""
    return with_token(jwt.encode(claims, key, algorithm="HS256"))


def test_a_token_that_is_not_ours_opens_nothing(client: FlaskClient, settings: Settings) -> None:
    carla = a_customer()
    good = carla.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(good, options={"verify_signature": False})
    ours = settings.jwt_secret_key
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    unsigned = f"{head.decode().rstrip('=')}.{good.split('.')[1]}."
    tampered = good[:-3] + ("aaa" if good[-3:] != "aaa" else "bbb")

    for headers in (
        with_token("garbage"),
        with_token("a.b.c"),
        with_token("ü" * 20),
        with_token(unsigned),
        with_token(tampered),
        forged(claims, "another-secret-of-more-than-32-characters"),
        forged({**claims, "sub": "carla"}, ours),
        forged({**claims, "sub": ""}, ours),
        forged({**claims, "kind": "staff"}, ours),
        forged({**claims, "kind": "owner"}, ours),
        forged({**claims, "sid": "not-a-uuid"}, ours),
        forged({**claims, "sid": 5}, ours),
        forged({**claims, "type": "refresh"}, ours),
        forged({name: claims[name] for name in claims if name != "sub"}, ours),
        forged({name: claims[name] for name in claims if name != "kind"}, ours),
        forged({name: claims[name] for name in claims if name != "exp"}, ours),
        bearer(new_id(), "customer"),
    ):
        assert refusal(client.get(OWN, headers=headers)) == (401, "token_invalid"), headers


def test_whoever_is_switched_off_is_out_with_the_next_request(client: FlaskClient) -> None:
    walter = a_staff_member("warehouse")
    assert client.get(DESK, headers=walter.headers).status_code == 200

    with transaction():
        session.execute(update(User).where(User.id == walter.id).values(is_active=False))

    assert refusal(client.get(DESK, headers=walter.headers)) == (401, "token_invalid")


def test_a_role_counts_as_it_is_now_and_not_as_it_was_when_the_token_was_made(
    client: FlaskClient,
) -> None:
    walter = a_staff_member("owner")
    assert client.post(REFUNDS, headers=walter.headers).status_code == 200

    with transaction():
        session.execute(update(User).where(User.id == walter.id).values(role="warehouse"))

    assert client.post(REFUNDS, headers=walter.headers).status_code == 403


def test_a_bad_token_is_not_taken_for_a_guest(client: FlaskClient) -> None:
    assert refusal(client.get(CART, headers=with_token("garbage"))) == (401, "token_invalid")


def test_a_guest_is_known_by_the_hash_of_what_they_hold(client: FlaskClient) -> None:
    token = "a-guest-with-a-cart-0001"

    answer = client.get(CART, headers={"X-Cart-Token": token})

    assert answer.json == {"actor": f"guest:{hash_secret(token)}"}
    assert token not in answer.text


@pytest.mark.parametrize("token", ["short", "x" * 101])
def test_what_cannot_be_a_cart_token_is_none(client: FlaskClient, token: str) -> None:
    assert client.get(CART, headers={"X-Cart-Token": token}).json == {"actor": "guest:-"}


def test_a_public_door_does_not_look_at_tokens(client: FlaskClient) -> None:
    assert client.get(f"{PATH}/whatever", headers=with_token("garbage")).status_code == 200
