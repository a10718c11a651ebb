"""Stripe's form encoding, read strictly: `metadata[order_id]=7&expand[]=latest_charge`."""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from api.dev.fake_stripe.errors import StripeProblem

Spec = Mapping[str, str]
"""What an operation takes: name -> text, integer, boolean, hash, list, metadata or moments."""

_PARTS: Final = re.compile(r"\[([^\]]*)\]")


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Turn the pairs of a form into nested hashes and lists."""
    found: dict[str, object] = {}
    for name, value in pairs:
        first, _, rest = name.partition("[")
        path = [first, *_PARTS.findall(f"[{rest}" if rest else "")]
        place = found
        for step, following in pairwise(path):
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                raise StripeProblem(400, f"Invalid request: {name} contradicts {step}.")
            place = inner
            if following == "":
                place[str(len(place))] = value
                break
        else:
            place[path[-1]] = value
    return found


def read(sent: Mapping[str, object], spec: Spec) -> dict[str, object]:
    """Return the parameters in their types; refuse what the operation does not know."""
    values: dict[str, object] = {}
    for name, value in sent.items():
        if name not in spec:
            raise StripeProblem(
                400,
                f"Received unknown parameter: {name}",
                code="parameter_unknown",
                param=name,
            )
        values[name] = _READERS[spec[name]](name, value)
    return values


def _text(name: str, value: object) -> str | None:
    if not isinstance(value, str):
        raise StripeProblem(400, f"Invalid string: {value}", param=name)
    return value or None


def _integer(name: str, value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,15}", value):
        raise StripeProblem(
            400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name
        )
    return int(value)


def _boolean(name: str, value: object) -> bool:
    if value not in ("true", "false"):
        raise StripeProblem(400, f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def _hash(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise StripeProblem(400, "Invalid object", code="parameter_invalid_empty", param=name)
    return value


def _list(name: str, value: object) -> list[str]:
    if not isinstance(value, dict):
        raise StripeProblem(400, "Invalid array", param=name)
    return [str(item) for item in value.values()]


def _metadata(name: str, value: object) -> dict[str, str]:
    """https://docs.stripe.com/api/metadata: 50 keys of 40 characters, values of 500."""
    pairs = {} if value == "" else _hash(name, value)
    for key, text in pairs.items():
        if len(key) > 40 or len(str(text)) > 500 or len(pairs) > 50:
            raise StripeProblem(400, f"Metadata {key} is too long or one of too many.", param=name)
    return pairs


def _moments(name: str, value: Any) -> dict[str, int]:
    """`created=T` or `created[gte]=T`, with gt, gte, lt and lte."""
    if isinstance(value, str):
        moment = _integer(name, value)
        return {"gte": moment, "lte": moment}
    unknown = set(_hash(name, value)) - {"gt", "gte", "lt", "lte"}
    if unknown:
        raise StripeProblem(
            400, f"Received unknown parameter: {name}[{unknown.pop()}]", code="parameter_unknown"
        )
    return {bound: _integer(f"{name}[{bound}]", text) for bound, text in value.items()}


_READERS: Final = {
    "text": _text,
    "integer": _integer,
    "boolean": _boolean,
    "hash": _hash,
    "list": _list,
    "metadata": _metadata,
    "moments": _moments,
}
