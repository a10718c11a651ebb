"""The second factor of staff: set up by a code, shown at each sign-in, good once, lost, reset."""

import base64
import hmac
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from api.accounts.models import RecoveryCode, SecondFactor, Session, StaffRole
from api.kernel import clock
from api.platform import service_registry
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from api.platform.secrets_at_rest import Unreadable, seal, unseal
from api.platform.settings import Settings
from tests.accounts.test_staff import STAFF, audited
from tests.support.mailer import RecordingMailer
from tests.support.people import PASSWORD, Person, a_staff_member
from tests.support.work import drain

ME = "/api/v1/admin/me"
LOGIN = "/api/v1/admin/auth/login"
ROLES = "/api/v1/admin/roles"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def anna(app: Flask) -> Person:
    return a_staff_member("owner", "Anna Owner")


def comes(client: FlaskClient, who: Person, code: str | None = None) -> Any:
    """Sign in, with a code or without."""
    form = {"email": who.email, "password": PASSWORD} | ({"code": code} if code else {})
    return client.post(LOGIN, json=form)


def bearer_of(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.json
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def shows(client: FlaskClient, path: str, headers: dict[str, str], code: str) -> Any:
    """Show a code."""
    return client.post(path, json={"code": code}, headers=headers)


class App:
    """Somebody's app: the codes of a secret, each asked for once."""

    def __init__(self, secret: str) -> None:
        self.totp = pyotp.TOTP(secret)
        self.steps = 0

    def code(self) -> str:
        """A code that was not shown yet: of this step or the next, else time is moved back."""
        with transaction() as current:
            current.execute(update(SecondFactor).values(last_step=None))
        return self.totp.now()


def enrols(client: FlaskClient, who: Person) -> tuple[App, list[str]]:
    """Set a second factor up; returns the app and the recovery codes."""
    headers = bearer_of(comes(client, who))
    begun = client.post(f"{ME}/second-factor", json={"current_password": PASSWORD}, headers=headers)
    assert begun.status_code == 201, begun.json
    app = App(begun.json["secret"])
    done = shows(client, f"{ME}/second-factor/confirm", headers, app.code())
    assert done.status_code == 200, done.json
    return app, done.json["recovery_codes"]


def test_a_factor_counts_once_one_of_its_codes_was_shown(client: FlaskClient, anna: Person) -> None:
    headers = bearer_of(comes(client, anna))
    begun = client.post(f"{ME}/second-factor", json={"current_password": PASSWORD}, headers=headers)
    assert comes(client, anna).status_code == 200, "not confirmed yet"
    wrong = shows(client, f"{ME}/second-factor/confirm", headers, "000000")
    assert (wrong.status_code, wrong.json["code"]) == (422, "second_factor_wrong")

    app = App(begun.json["secret"])
    done = shows(client, f"{ME}/second-factor/confirm", headers, app.code())

    codes = done.json["recovery_codes"]
    assert len({*codes}) == 10
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    first = comes(client, anna)
    assert (first.status_code, first.json["code"]) == (401, "second_factor_required")
    assert comes(client, anna, app.code()).status_code == 200
    seen = client.get(f"{STAFF}/{anna.id}", headers=anna.headers).json
    assert seen["has_second_factor"] is True
    assert len(audited("staff.second_factor_set")) == 1


def test_a_secret_has_160_bits_and_lies_nowhere_as_it_is(client: FlaskClient, anna: Person) -> None:
    headers = bearer_of(comes(client, anna))
    begun = client.post(f"{ME}/second-factor", json={"current_password": PASSWORD}, headers=headers)

    secret = begun.json["secret"]
    assert len(secret) == 32
    assert parse_qs(urlsplit(begun.json["uri"]).query)["secret"] == [secret]
    assert len(begun.json["uri"]) <= 78, "else its picture does not fit into 80 by 24"
    assert begun.headers["Cache-Control"] == "no-store"
    codes = enrols(client, anna)[1]
    rows = str(session.execute(select(SecondFactor.__table__)).all())
    rows += str(session.execute(select(RecoveryCode.__table__)).all())
    rows += str(session.execute(select(AuditEntry.changes)).all())
    for told in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert told not in rows


def test_nobody_sets_one_up_without_the_password_or_over_another_one(
    client: FlaskClient, anna: Person
) -> None:
    guess = client.post(
        f"{ME}/second-factor", json={"current_password": "a guess"}, headers=anna.headers
    )
    assert guess.json["code"] == "current_password_wrong"
    enrols(client, anna)
    again = client.post(
        f"{ME}/second-factor", json={"current_password": PASSWORD}, headers=anna.headers
    )
    assert (again.status_code, again.json["code"]) == (409, "second_factor_exists")


def test_a_code_is_good_once_and_with_blanks(client: FlaskClient, anna: Person) -> None:
    app, _ = enrols(client, anna)
    code = app.code()

    spaced = comes(client, anna, f" {code[:3]} {code[3:]} ")
    again = comes(client, anna, code)

    assert spaced.status_code == 200
    assert (again.status_code, again.json["code"]) == (422, "second_factor_wrong")
    earlier = comes(client, anna, app.totp.at(clock.now() - timedelta(seconds=30)))
    assert earlier.json["code"] == "second_factor_wrong", "none of before is taken again"
    refused = [one for one in audited("staff.sign_in_refused") if one[1] == anna.id]
    assert len(refused) == 2


@pytest.mark.parametrize("code", ["000000", "12345", "１２３４５６", "abcd-efgh-jkmn-pqrs", "é"])
def test_a_wrong_code_lets_nobody_in(client: FlaskClient, anna: Person, code: str) -> None:
    enrols(client, anna)

    answer = comes(client, anna, code)

    assert (answer.status_code, answer.json["code"]) == (422, "second_factor_wrong")
    assert session.scalars(select(Session.id)).all() != []
    assert len(session.scalars(select(Session.id)).all()) == 1, "the one that set it up"


def test_of_two_who_come_with_one_code_at_once_one_is_let_in(app: Flask, anna: Person) -> None:
    """Without the guarded update both would find it unused."""
    phone, codes = enrols(app.test_client(), anna)
    for code in (phone.code(), codes[0]):
        start = threading.Barrier(2)

        def enters(_: int, code: str = code, start: threading.Barrier = start) -> int:
            client = app.test_client()
            start.wait()
            return int(comes(client, anna, code).status_code)

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(enters, range(2))) == [200, 422]


def test_recovery_codes_are_good_once_each_and_are_replaced(
    client: FlaskClient, anna: Person
) -> None:
    app, codes = enrols(client, anna)

    assert comes(client, anna, codes[0].upper()).status_code == 200
    assert comes(client, anna, codes[0]).json["code"] == "second_factor_wrong"
    headers = bearer_of(comes(client, anna, codes[1].replace("-", " ")))
    fresh = shows(client, f"{ME}/recovery-codes", headers, app.code()).json["recovery_codes"]
    assert {*fresh}.isdisjoint(codes)
    assert comes(client, anna, codes[2]).json["code"] == "second_factor_wrong"
    assert comes(client, anna, fresh[0]).status_code == 200


def test_a_code_of_somebody_else_opens_nothing(client: FlaskClient, anna: Person) -> None:
    ben = a_staff_member("owner", "Ben")
    _, codes = enrols(client, anna)
    enrols(client, ben)

    assert comes(client, ben, codes[0]).json["code"] == "second_factor_wrong"


def test_what_cannot_be_taken_back_asks_for_a_fresh_code(client: FlaskClient, anna: Person) -> None:
    app, _ = enrols(client, anna)
    headers = bearer_of(comes(client, anna, app.code()))
    wanda = {"email": "w@shop.example", "full_name": "Wanda", "role": "warehouse"}

    def invites() -> Any:
        return client.post("/api/v1/admin/invitations", json=wanda, headers=headers)

    assert invites().status_code == 201, "shown with the sign-in"
    with transaction() as current:
        current.execute(update(Session).values(proved_at=clock.now() - timedelta(minutes=11)))
    late = invites()
    assert (late.status_code, late.json["code"]) == (403, "step_up_required")
    assert client.get(STAFF, headers=headers).status_code == 200
    key = client.post("/api/v1/admin/api-keys", json={"name": "x"}, headers=headers)
    assert key.json["code"] == "step_up_required"
    wrong = shows(client, "/api/v1/admin/me/step-up", headers, "000000")
    assert wrong.json["code"] == "second_factor_wrong"
    assert shows(client, "/api/v1/admin/me/step-up", headers, app.code()).status_code == 204
    assert invites().status_code == 201


def test_a_role_that_requires_a_factor_opens_nothing_before_there_is_one(
    client: FlaskClient, anna: Person
) -> None:
    role_id = session.scalar(select(StaffRole.id).where(StaffRole.name == "support"))
    session.rollback()
    sam = a_staff_member("support", "Sam")
    changed = client.patch(
        f"{ROLES}/{role_id}",
        json={"requires_second_factor": True},
        headers=anna.with_headers(If_Match='"1"'),
    )
    assert changed.json["requires_second_factor"] is True
    assert changed.json["permissions"] != []

    refused = client.get("/api/v1/admin/orders", headers=sam.headers)
    assert (refused.status_code, refused.json["code"]) == (403, "second_factor_missing")
    assert client.get(ME, headers=sam.headers).status_code == 200
    app, _ = enrols(client, sam)
    headers = bearer_of(comes(client, sam, app.code()))
    assert client.get("/api/v1/admin/orders", headers=headers).status_code == 200
    kept = shows(client, f"{ME}/second-factor/remove", headers, app.code())
    assert (kept.status_code, kept.json["code"]) == (422, "second_factor_needed")


def test_a_factor_is_given_up_against_one_of_its_codes(client: FlaskClient, anna: Person) -> None:
    app, codes = enrols(client, anna)
    headers = bearer_of(comes(client, anna, app.code()))

    refused = shows(client, f"{ME}/second-factor/remove", headers, "000000")
    assert refused.json["code"] == "second_factor_wrong"
    assert shows(client, f"{ME}/second-factor/remove", headers, codes[0]).status_code == 204
    assert comes(client, anna).status_code == 200
    assert session.scalars(select(RecoveryCode.user_id)).all() == []


def test_a_lost_factor_is_taken_away_by_an_owner_and_its_person_is_told(
    client: FlaskClient, anna: Person, mailer: RecordingMailer
) -> None:
    wanda = a_staff_member("warehouse", "Wanda")
    app, _ = enrols(client, wanda)
    headers = bearer_of(comes(client, wanda, app.code()))
    path = f"{STAFF}/{wanda.id}/second-factor/reset"
    assert client.post(path, headers=headers).status_code == 403

    assert client.post(path, headers=anna.headers).status_code == 204

    assert client.get(ME, headers=headers).status_code == 401, "signed out"
    assert comes(client, wanda).status_code == 200
    drain()
    assert mailer.sent[-1].to == wanda.email
    assert "second factor" in mailer.sent[-1].subject
    ((actor, subject_id, _),) = audited("staff.second_factor_reset")
    assert (actor, subject_id) == (f"staff:{anna.id}", wanda.id)


def test_the_shell_takes_a_lost_factor_away(app: Flask, client: FlaskClient, anna: Person) -> None:
    enrols(client, anna)

    told = app.test_cli_runner().invoke(args=["reset-second-factor", anna.email])

    assert told.exit_code == 0, told.output
    assert comes(client, anna).status_code == 200
    unknown = app.test_cli_runner().invoke(args=["reset-second-factor", "x@shop.example"])
    assert unknown.exit_code == 1


def test_what_is_sealed_is_read_for_its_purpose_alone_and_not_once_it_was_changed(
    app: Flask,
) -> None:
    sealed = seal(b"twenty random bytes!", "tests")

    assert unseal(sealed, "tests") == b"twenty random bytes!"
    assert seal(b"twenty random bytes!", "tests") != sealed
    changed = ("B" if sealed[0] == "A" else "A") + sealed[1:]
    for other, purpose in ((sealed, "others"), (changed, "tests")):
        with pytest.raises(Unreadable):
            unseal(other, purpose)


def sealed_at_first(plain: bytes, secret: str, purpose: str) -> str:
    """Seal as the first form did: an HMAC of a nonce as the pad, and another one as the tag."""
    pad, tag = (
        hmac.digest(secret.encode(), f"sealed {purpose} {use}".encode(), "sha256")
        for use in ("pad", "tag")
    )
    nonce = bytes(range(16))
    hidden = bytes(a ^ b for a, b in zip(plain, hmac.digest(pad, nonce, "sha256"), strict=False))
    return base64.b64encode(nonce + hidden + hmac.digest(tag, nonce + hidden, "sha256")).decode()


def stored_secret() -> str:
    session.rollback()
    return str(session.scalar(select(SecondFactor.secret)))


def test_secrets_of_the_first_form_and_of_old_keys_are_read_and_sealed_anew(
    app: Flask, client: FlaskClient, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    factor, _ = enrols(client, anna)
    assert stored_secret().startswith("gAAAA")
    assert len(stored_secret()) <= 120, "the column"
    settings = app.extensions["stockroom_settings"]
    plain = unseal(stored_secret(), "second-factor")
    first = sealed_at_first(plain, settings.secret_key, "second-factor")
    with transaction() as current:
        current.execute(update(SecondFactor).values(secret=first))

    assert comes(client, anna, factor.code()).status_code == 200
    assert stored_secret().startswith("gAAAA"), "sealed anew when it was used"

    rotated = replace(
        settings, secret_key="a new secret of 32 characters...",
        secret_keys_before=(settings.secret_key,),
    )  # fmt: skip
    service_registry.register(app, Settings, rotated)
    try:
        told = app.test_cli_runner().invoke(args=["reseal-second-factors"])
        assert (told.exit_code, "1 sealed anew" in told.output) == (0, True), told.output
        service_registry.register(app, Settings, replace(rotated, secret_keys_before=()))
        assert comes(client, anna, factor.code()).status_code == 200, "the old one is taken out"
        with transaction() as current:
            current.execute(update(SecondFactor).values(secret=first))
        lost = app.test_cli_runner().invoke(args=["reseal-second-factors"])
        assert lost.exit_code == 1
        assert "1 cannot be read" in lost.output
    finally:
        service_registry.register(app, Settings, settings)
