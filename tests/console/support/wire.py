"""The made-up shop over the wire's own rules: paths, tokens, keys, cursors, problems."""

from __future__ import annotations

import base64
import bisect
import hashlib
import json
import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.console.support.goods import Goods
from tests.console.support.presence import Presence
from tests.console.support.warehouse import Refusal, Warehouse

EMAIL, PASSWORD = "mia@stockroom.test", "correct horse battery"
PERMISSIONS = [
    "orders:read", "orders:write", "orders:refund", "fulfilment:write", "inventory:read",
    "inventory:adjust", "customers:read", "catalog:read", "catalog:write", "orders:cancel",
    "payments:write", "jobs:write", "fulfilment:override",
]  # fmt: skip
MOST_ROWS = 100
PRODUCTS_KNOW = {
    *("limit", "cursor", "include", "currency", "status", "q", "external_reference", "vendor"),
    *("product_type", "tag", "category", "collection", "ids", "expand", "sort"),
}
STOCK_KNOWS = {"limit", "cursor", "include", "q", "low", "location_id", "variant_ids"}
SKIPPED = {"limit", "cursor", "sort", "include", "q", "placed_at_gte", "placed_at_lt"}


@dataclass
class Reply:
    """What goes back; `status` 0 means that the line is cut instead."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Moods:
    """How the shop behaves."""

    latency: float = 0.0
    """Seconds before each answer."""

    is_down: bool = False
    refuses_with: int = 0
    """Every command gets this status."""

    fails: float = 0.0
    """Share of commands that fail: half before the effect (503), half after it (no answer)."""

    stumbles: list[int] = field(default_factory=list)
    """Statuses that the next questions for chosen products get instead of an answer."""

    loses_next_answer: bool = False
    forgets_tokens: bool = False
    drops_field: str = ""
    """A member that case files lose."""


class WireShop:
    """Answers as the shop's API does."""

    def __init__(
        self, warehouse: Warehouse | None = None, *, seed: int = 1, products: int = 40
    ) -> None:
        self.warehouse = warehouse or Warehouse()
        self.goods = Goods(self.warehouse, products)
        self.moods = Moods()
        self.presence = Presence()
        self.worker: dict[str, object] = {"state": "running", "last_seen_at": None}
        self.views: list[dict[str, object]] = []
        self.asked: list[tuple[str, str]] = []
        self.scanned: list[str] = []
        self.keys: list[str] = []
        self.order_of_effects: list[tuple[str, str]] = []
        self.token_lives = 900
        self._answers: dict[str, tuple[str, Reply]] = {}
        self._access: dict[str, float] = {}
        self._refresh: dict[str, bool] = {}
        self._chance = random.Random(seed)
        self.people = {EMAIL: self._person("Mia Winter", EMAIL)}

    def _person(self, name: str, email: str) -> dict[str, object]:
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, email)), "email": email, "full_name": name,
            "role": "warehouse", "permissions": list(PERMISSIONS),
        }  # fmt: skip

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One exchange."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if not path.endswith(("/changes", "/claim")):
            # Those come by themselves, and are counted where they are answered.
            self.asked.append((method, path))
        if self.moods.is_down:
            return Reply(0)
        request_id = headers.get("x-request-id") or uuid.uuid4().hex
        try:
            reply = self._route(method, path, query, headers, json.loads(body or b"null"))
        except Refusal as refusal:
            reply = _problem(refusal, request_id)
        reply.headers["X-Request-ID"] = request_id
        return reply

    def sign_in(self) -> dict[str, object]:
        """Tokens as after a sign-in."""
        access, refresh = uuid.uuid4().hex, uuid.uuid4().hex
        self._access[access] = time.time() + self.token_lives
        self._refresh[refresh] = True
        return {"access_token": access, "refresh_token": refresh, "token_type": "Bearer",
                "expires_in": self.token_lives, "user": self.people[EMAIL]}  # fmt: skip

    def forget_tokens(self) -> None:
        """As after a sign-out everywhere."""
        self._access.clear()
        self._refresh.clear()

    # -- routing

    def _route(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        headers: Mapping[str, str],
        body: object,
    ) -> Reply:
        if path == "/health/live":
            return _json({"status": "alive"})
        path = path.removeprefix("/api/v1/admin")
        if path.startswith("/auth/"):
            return self._auth(path, body)
        self._check_token(headers)
        words = path.strip("/").split("/")
        if words[-1] == "claim":
            if method == "DELETE":
                self.presence.release(words[1])
                return Reply(204)
            return _json(self.presence.claim(words[1], body))
        if method == "DELETE" and words[0] == "order-views":
            self.views = [one for one in self.views if one["id"] != words[1]]
            return Reply(204)
        if method == "POST" and words[-1] not in {"quote", "preview"}:
            return self._command(path, words, headers, body)
        return _json(self._read(words, query, body))

    def _auth(self, path: str, body: dict[str, str]) -> Reply:
        if path == "/auth/login":
            if (body["email"], body["password"]) != (EMAIL, PASSWORD):
                raise Refusal(401, "bad_credentials", "The e-mail or the password is wrong.")
            return _json(self.sign_in())
        if path == "/auth/logout":
            return Reply(204)
        known = self._refresh.get(body["refresh_token"])
        if known is None:
            raise Refusal(401, "token_invalid", "The sign-in has ended.")
        if not known:
            self.forget_tokens()
            raise Refusal(401, "token_reused", "The sign-in was used twice and has ended.")
        self._refresh[body["refresh_token"]] = False
        return _json(self.sign_in())

    def _check_token(self, headers: Mapping[str, str]) -> None:
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if self._access.get(token, 0) < time.time():
            raise Refusal(401, "token_expired", "The sign-in has run out.")

    def _read(self, words: list[str], query: dict[str, str], body: object) -> object:
        house = self.warehouse
        match words:
            case ["changes"]:
                return self.presence.look(query)
            case ["overview"]:
                return {**house.overview(), "worker": self.worker}
            case ["doctor"]:
                return house.doctor_run()
            case ["scan"]:
                self.scanned.append(query["code"])
                return house.scan(query["code"])
            case ["orders"]:
                return self._orders(query)
            case ["orders", order_id]:
                case = dict(house.case(house.find_order(order_id)))
                if query.get("explain") == "true":
                    case["explanation"] = [f"{case['number']} is a made-up order."]
                case.pop(self.moods.drops_field, None)
                return case
            case ["orders", order_id, "fulfilments"]:
                parcels = house.case(house.find_order(order_id))["fulfilments"]
                return _page(list(reversed(parcels)), query)
            case ["fulfilments", parcel_id]:
                parcels = (one for case in house.cases.values() for one in case["fulfilments"])
                return next(one for one in parcels if one["id"] == parcel_id)
            case ["orders", "batch-cancel", "preview"]:
                return house.preview_cancellation(body)
            case ["orders", order_id, "refunds", "quote"]:
                return house.quote(house.find_order(order_id), body)
            case ["order-views"]:
                return _page(self.views, query)
            case ["attention"]:
                return _page(house.attention_items(query.get("state", "open")), query)
        return self._read_goods(words, query)

    def _read_goods(self, words: list[str], query: dict[str, str]) -> object:
        match words:
            case ["products"]:
                return self._products(query)
            case ["products", product_id]:
                return self.goods.product(product_id)
            case ["variants", variant_id]:
                return self.goods.variant(variant_id)
            case ["variants", variant_id, "price-history"]:
                return _page(self.goods.past(variant_id, query["currency"]), query)
            case ["variants", variant_id, "scheduled-prices"]:
                return _page(self.goods.planned_in(variant_id, query["state"]), query)
            case ["stock"]:
                return self._stock(query)
            case ["stock", level_id]:
                return self.warehouse.level(level_id).as_wire()
            case ["stock", level_id, "movements"]:
                return _page(self.warehouse.level(level_id).movements, query)
            case ["stock", level_id, "bins"]:
                return {"bins": [], "in_no_bin": self.warehouse.level(level_id).on_hand}
            case ["reorder-suggestions"]:
                rows = [one.as_wire() for one in self.warehouse.levels.values()]
                return _page([one for one in rows if one["available"] < 10], query)
        raise Refusal(404, "not_found", "There is nothing here.")

    def _orders(self, query: dict[str, str]) -> dict[str, object]:
        house = self.warehouse
        wanted = {name: value for name, value in query.items() if name not in SKIPPED}
        places = house.pick(wanted, query.get("q", ""))
        newest_first = query.get("sort", "-placed_at") == "-placed_at"
        limit = int(query.get("limit", "25"))
        if query.get("cursor"):
            after = int(_open_cursor(query["cursor"]))
            at = bisect.bisect_left(places, after) if newest_first else bisect.bisect(places, after)
        else:
            at = len(places) if newest_first else 0
        if newest_first:
            chosen = places[max(0, at - limit) : at][::-1]
            has_more = at - limit > 0
        else:
            chosen = places[at : at + limit]
            has_more = at + limit < len(places)
        page: dict[str, object] = {
            "limit": limit, "has_more": has_more,
            "next_cursor": _cursor(str(chosen[-1])) if has_more else None,
        }  # fmt: skip
        if query.get("include") == "total":
            page["total"] = min(len(places), 10_000)
            page["total_is_capped"] = len(places) > 10_000
        return {"data": [house.card(n) for n in chosen], "page": page}

    def _stock(self, query: dict[str, str]) -> dict[str, object]:
        _refuse_unknown(query, STOCK_KNOWS)
        rows = [one.as_wire() for one in self.warehouse.levels.values()]
        if "variant_ids" in query:
            wanted = _ids(query, "variant_ids")
            rows = [row for row in rows if row["variant_id"] in wanted]
        if query.get("low") == "true":
            rows = [row for row in rows if row["available"] <= row["low_stock_threshold"]]
        if query.get("q"):
            text = query["q"].casefold()
            rows = [row for row in rows if text in json.dumps(row, ensure_ascii=False).casefold()]
        return _page(rows, query)

    def _products(self, query: dict[str, str]) -> dict[str, object]:
        _refuse_unknown(query, PRODUCTS_KNOW)
        rows = self.goods.lines(query.get("status", ""), query.get("q", ""))
        if "ids" in query:
            if self.moods.stumbles:
                raise Refusal(self.moods.stumbles.pop(0), "try_later", "The shop is busy.")
            rows = self.goods.among(rows, _ids(query, "ids"))
        if query.get("expand", "variants") != "variants":
            raise _invalid("expand", "Use one or more of variants.")
        at = int(_open_cursor(query["cursor"])) if query.get("cursor") else 0
        limit = int(query.get("limit", "25"))
        has_more = at + limit < len(rows)
        page: dict[str, object] = {
            "limit": limit, "has_more": has_more,
            "next_cursor": _cursor(str(at + limit)) if has_more else None,
        }  # fmt: skip
        if query.get("include") == "total":
            page |= {"total": min(len(rows), 10_000), "total_is_capped": len(rows) > 10_000}
        lines = [self.goods.line(n) for n in rows[at : at + limit]]
        if "expand" in query:
            for n, line in zip(rows[at : at + limit], lines, strict=True):
                line["variants"] = self.goods.card(n)["variants"]
        return {"data": lines, "page": page}

    # -- commands

    def _command(
        self, path: str, words: list[str], headers: Mapping[str, str], body: dict[str, object]
    ) -> Reply:
        key = headers.get("idempotency-key", "")
        if not key:
            raise Refusal(400, "idempotency_key_required", "A key is needed.")
        if self.moods.refuses_with:
            raise Refusal(self.moods.refuses_with, "refused_for_test", "The shop says no today.")
        digest = hashlib.sha256(f"{path}{json.dumps(body, sort_keys=True)}".encode()).hexdigest()
        if key in self._answers:
            kept, reply = self._answers[key]
            if kept != digest:
                raise Refusal(422, "idempotency_key_reused", "That key had another body.")
            return Reply(reply.status, {**reply.headers, "Idempotent-Replayed": "true"}, reply.body)
        fate = self._chance.random()
        if fate < self.moods.fails / 2:
            raise Refusal(503, "try_later", "The shop is busy.")
        reply = self._do(words, body)
        self._answers[key] = (digest, reply)
        self.keys.append(key)
        self.order_of_effects.append(("/".join(words[:2]), key))
        if fate < self.moods.fails or self.moods.loses_next_answer:
            self.moods.loses_next_answer = False
            return Reply(0)
        return reply

    def _handle(self, words: list[str], body: dict[str, object], actor: str) -> Reply:
        house = self.warehouse
        match words:
            case ["orders", "batch"]:
                return _json(house.bulk(body, actor))
            case ["orders", order_id, "tags"]:
                return _json(house.tag(house.find_order(order_id), body, actor))
            case ["orders", order_id, "notes"]:
                return _json(house.note(house.find_order(order_id), body, actor), 201)
            case ["orders", order_id, "holds"]:
                return _json(house.hold(house.find_order(order_id), body, actor), 201)
        view = {**body, "id": f"view-{len(self.views)}", "version": 1}
        self.views.append(view)
        return _json(view, 201)

    def _do(self, words: list[str], body: dict[str, object]) -> Reply:
        house, actor = self.warehouse, "Mia Winter"
        house.effects.append((words[-1], words[min(1, len(words) - 1)], body))
        match words:
            case ["orders", "batch"] | ["order-views"] | ["orders", _, "tags" | "notes" | "holds"]:
                return self._handle(words, body, actor)
            case ["orders", "batch-cancel"]:
                return _json(house.cancel_many(body, actor))
            case ["orders", order_id, "ship"]:
                return _json(house.ship(house.find_order(order_id), body, actor), 201)
            case ["orders", order_id, "refunds"]:
                return _json(house.refund(house.find_order(order_id), body, actor), 201)
            case ["orders", order_id, "mark-paid"]:
                return _json(house.mark_paid(house.find_order(order_id), body, actor))
            case ["orders", order_id, "cancel"]:
                return _json(house.cancel(house.find_order(order_id), body, actor))
            case ["order-holds", hold_id, "release"]:
                return _json(house.release(hold_id, actor))
            case ["fulfilments", fulfilment_id, "correct"]:
                return _json(house.correct(fulfilment_id, body, actor))
            case ["fulfilments", fulfilment_id, "void"]:
                return _json(house.void(fulfilment_id, body, actor))
            case ["attention", item_id, command]:
                return _json(house.resolve(item_id, command, body, actor))
            case ["stock", level_id, "adjust"]:
                return _json(house.adjust(level_id, body, actor))
            case ["products", "batch"]:
                return _json(self.goods.batch("products", body))
            case ["variants", "batch"]:
                return _json(self.goods.batch("variants", body))
            case ["inventory", "levels", "batch"]:
                return _json(self.goods.batch("levels", body))
        raise Refusal(404, "not_found", "There is nothing here.")


def _json(value: object, status: int = 200) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(value).encode())


def _problem(refusal: Refusal, request_id: str) -> Reply:
    body = {"type": f"https://stockroom.test/problems/{refusal.code}", "title": refusal.code,
            "status": refusal.status, "detail": refusal.detail, "code": refusal.code,
            "request_id": request_id, "errors": [], **refusal.facts}  # fmt: skip
    headers = {"Content-Type": "application/problem+json"}
    return Reply(refusal.status, headers, json.dumps(body).encode())


def _invalid(name: str, why: str) -> Refusal:
    told = f"Some of what was sent is not valid: /{name}."
    errors = [{"pointer": f"/{name}", "in": "query", "code": "invalid", "detail": why}]
    return Refusal(422, "invalid", told, errors=errors)


def _refuse_unknown(query: dict[str, str], known: set[str]) -> None:
    for name in query.keys() - known:
        raise _invalid(name, "Unknown field.")
    if not 1 <= int(query.get("limit", "25")) <= MOST_ROWS:
        raise _invalid("limit", "Must be 1 to 100.")


def _ids(query: dict[str, str], name: str) -> set[str]:
    """Ids with commas, as strictly as the shop reads them."""
    given = query[name].split(",")
    if len(given) > MOST_ROWS:
        raise _invalid(name, f"Send up to {MOST_ROWS} ids at once; these are {len(given)}.")
    for place, one in enumerate(given):
        try:
            uuid.UUID(one)
        except ValueError:
            raise _invalid(f"{name}/{place}", "Not a valid UUID.") from None
    return set(given)


def _page(rows: list[dict[str, object]], query: dict[str, str]) -> dict[str, object]:
    limit, start = int(query.get("limit", "25")), 0
    if query.get("cursor"):
        last = _open_cursor(query["cursor"])
        start = next(n for n, row in enumerate(rows) if row["id"] == last) + 1
    chosen = rows[start : start + limit]
    has_more = start + limit < len(rows)
    page = {"limit": limit, "has_more": has_more,
            "next_cursor": _cursor(str(chosen[-1]["id"])) if has_more else None}  # fmt: skip
    if query.get("include") == "total":
        page |= {"total": len(rows), "total_is_capped": False}
    return {"data": chosen, "page": page}


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _open_cursor(cursor: str) -> str:
    return base64.urlsafe_b64decode(cursor).decode()
