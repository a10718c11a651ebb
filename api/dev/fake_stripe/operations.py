"""Which requests there are: method, path, parameters and what each does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.dev.fake_stripe.account import Account, StripeObject
from api.dev.fake_stripe.errors import StripeProblem
from api.dev.fake_stripe.parameters import Spec
from api.dev.fake_stripe.rules import balance, cards, disputes, intents, refunds, simulate

Sent = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One request: `{id}` in the path is the object that it is about, of `kind`."""

    method: str
    path: str
    spec: Spec
    perform: Callable[[Account, Sent, StripeObject], object]
    kind: str = ""
    is_public: bool = False
    """Whether a browser may ask with the publishable key and the object's own secret."""


def _list(path: str, kind: str, filters: Mapping[str, str], **more: str) -> Operation:
    """Describe a list: newest first, in pages. `filters` maps a parameter to the object's field."""

    def perform(account: Account, sent: Sent, _: StripeObject) -> object:
        limit = sent.get("limit", 10)
        if not 1 <= limit <= 100:
            raise StripeProblem(400, "limit must be from 1 to 100", param="limit")
        wanted = {field: sent[name] for name, field in filters.items() if sent.get(name)}
        found, has_more = account.page(
            kind,
            fields=wanted,
            created=sent.get("created"),
            starting_after=sent.get("starting_after"),
            ending_before=sent.get("ending_before"),
            limit=limit,
        )
        data = [_shown(account, each) for each in found]
        return {"object": "list", "data": data, "has_more": has_more, "url": path}

    paging = {"limit": "integer", "starting_after": "text", "ending_before": "text"}
    spec = {**dict.fromkeys(filters, "text"), **paging, "created": "moments", **more}
    return Operation(method="GET", path=path, spec=spec, perform=perform)


def _one(path: str, kind: str, *, is_public: bool = False) -> Operation:
    spec = {"client_secret": "text"} if is_public else {}
    return Operation(
        method="GET",
        path=f"{path}/{{id}}",
        spec=spec,
        kind=kind,
        perform=lambda account, _, held: _shown(account, held),
        is_public=is_public,
    )


def _shown(account: Account, held: StripeObject) -> StripeObject:
    return balance.shown(account, held) if held["object"] == "balance_transaction" else held


def _on_intent(
    verb: str,
    spec: Spec,
    perform: Callable[..., StripeObject],
    *,
    is_public: bool = False,
    root: str = "/v1",
) -> Operation:
    return Operation(
        method="POST",
        path=f"{root}/payment_intents/{{id}}{verb}",
        spec={**spec, "client_secret": "text"} if is_public else spec,
        kind="payment_intent",
        perform=lambda account, sent, held: perform(account, held, sent),
        is_public=is_public,
    )


def _on(path: str, kind: str, spec: Spec, perform: Callable[..., StripeObject]) -> Operation:
    return Operation(
        method="POST",
        path=path,
        spec=spec,
        kind=kind,
        perform=lambda account, sent, held: perform(account, held, sent),
    )


def _create(
    path: str, spec: Spec, perform: Callable[..., StripeObject], *, is_public: bool = False
) -> Operation:
    return Operation(
        method="POST",
        path=path,
        spec=spec,
        perform=lambda account, sent, _: perform(account, sent),
        is_public=is_public,
    )


def _simulation(name: str) -> Operation:
    return Operation(
        method="POST",
        path=f"/simulate/{name}",
        spec=simulate.SIMULATIONS[name][0],
        perform=lambda account, sent, _: simulate.simulate(account, name, sent),
    )


_CARD: Final = {
    "type": "text", "card": "hash", "billing_details": "hash", "metadata": "metadata",
}  # fmt: skip
_BY_CHARGE: Final = {"charge": "charge", "payment_intent": "payment_intent"}
_WARNINGS: Final = "radar.early_fraud_warning"

OPERATIONS: Final = (
    _create("/v1/payment_intents", intents.CREATE, intents.create),
    _list("/v1/payment_intents", "payment_intent", {"customer": "customer"}),
    _one("/v1/payment_intents", "payment_intent", is_public=True),
    _on_intent("", intents.UPDATE, intents.update),
    _on_intent("/confirm", intents.CONFIRM, intents.confirm, is_public=True),
    _on_intent(
        "/authenticate",
        intents.AUTHENTICATE,
        intents.authenticate,
        is_public=True,
        root="/simulate",
    ),
    _on_intent("/capture", intents.CAPTURE, intents.capture),
    _on_intent("/cancel", intents.CANCEL, intents.cancel),
    _create("/v1/payment_methods", _CARD, cards.create_method, is_public=True),
    _one("/v1/payment_methods", "payment_method"),
    _list("/v1/charges", "charge", {"payment_intent": "payment_intent", "customer": "customer"}),
    _one("/v1/charges", "charge"),
    _create("/v1/refunds", refunds.CREATE, refunds.create),
    _list("/v1/refunds", "refund", _BY_CHARGE),
    _one("/v1/refunds", "refund"),
    _on("/v1/refunds/{id}", "refund", refunds.UPDATE, refunds.update),
    _list("/v1/disputes", "dispute", _BY_CHARGE),
    _one("/v1/disputes", "dispute"),
    _on("/v1/disputes/{id}", "dispute", disputes.UPDATE, disputes.update),
    _on("/v1/disputes/{id}/close", "dispute", {}, lambda a, held, _: disputes.close(a, held)),
    _list("/v1/radar/early_fraud_warnings", _WARNINGS, _BY_CHARGE),
    _one("/v1/radar/early_fraud_warnings", _WARNINGS),
    _list("/v1/events", "event", {"type": "type", "types": "type"}, types="list"),
    _one("/v1/events", "event"),
    _list(
        "/v1/balance_transactions",
        "balance_transaction",
        {**balance.FILTERS, "currency": "currency"},
    ),
    _one("/v1/balance_transactions", "balance_transaction"),
    _list("/v1/payouts", "payout", {"status": "status"}),
    _one("/v1/payouts", "payout"),
    Operation(
        method="GET",
        path="/v1/balance",
        spec={},
        perform=lambda account, _, __: balance.current(account),
    ),
    *(_simulation(name) for name in simulate.SIMULATIONS),
)
