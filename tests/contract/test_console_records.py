"""What the console's tables of records say of the shop is what the shop's document says."""

from typing import Any

import pytest
from flask import Flask

from api.kernel.permissions import Permission
from console.flows.records.shapes import Field, Kind, RecordCommand
from console.flows.records.table import KINDS
from tests.contract.test_console_models import ADMIN, described, resolved

__all__ = ["described"]
COMMANDS = [(kind, command) for kind in KINDS.values() for command in kind.commands]


def operation(described: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The operation at a path of a table, whose placeholders have other names."""
    path, _, query = path.partition("?")
    wanted = [part if not part.startswith("{") else "{}" for part in path.split("/")]
    for template, methods in described["paths"].items():
        parts = template.removeprefix(ADMIN).split("/")
        shape = [part if not part.startswith("{") else "{}" for part in parts]
        if template.startswith(ADMIN) and shape == wanted and method.lower() in methods:
            found = dict(methods[method.lower()])
            taken = {one["name"] for one in found.get("parameters", []) if one["in"] == "query"}
            assert {part.partition("=")[0] for part in query.split("&") if part} <= taken
            return found
    raise AssertionError(f"there is no {method} {path}")


def answer(described: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """What it answers."""
    responses = operation(described, method, path)["responses"]
    fine = next(one for code, one in responses.items() if code.startswith("2"))
    return resolved(described, resolved(described, fine)["content"]["application/json"]["schema"])


def row_of(described: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """A record as its list tells it."""
    listed = answer(described, "get", kind.path)
    if kind.is_single:
        return listed
    if kind.rows_in:
        return resolved(described, resolved(described, listed["properties"][kind.rows_in])["items"])
    return resolved(described, resolved(described, listed["properties"]["data"])["items"])


def within(described: dict[str, Any], schema: dict[str, Any], member: str) -> dict[str, Any]:
    """What stands in a member of a body: one row of a list, or what a key and a value are."""
    inner = resolved(described, schema["properties"][member])
    if inner["type"] == "array":
        return resolved(described, inner["items"])
    value = inner["additionalProperties"]
    return {"properties": {"code": {"type": "string"}, "reason": value}, "required": ["reason"]}


def member(schema: dict[str, Any], name: str) -> dict[str, Any] | None:
    """What stands under a name: a property, or a value of a map such as texts by language."""
    inner: dict[str, Any] | None = schema.get("properties", {}).get(name)
    return inner or schema.get("additionalProperties") or None


def assert_told(described: dict[str, Any], schema: dict[str, Any], shown: Field) -> None:
    """A value that is shown stands in the answer."""
    node = schema
    for name in shown.path.split("."):
        inner = member(node, name)
        assert inner is not None, f"{shown.path} is not told"
        node = resolved(described, inner)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_is_shown_is_told(described: dict[str, Any], kind: Kind) -> None:
    row = row_of(described, kind)
    for shown in kind.columns:
        assert_told(described, row, shown)
    if kind.item:
        whole = answer(described, "get", kind.item)
        for shown in (*kind.columns, *kind.page):
            assert_told(described, whole, shown)
    if kind.below:
        below = answer(described, "get", kind.below)
        items = resolved(described, below["properties"]["data"])["items"]
        for shown in kind.below_shown:
            assert_told(described, resolved(described, items), shown)
    queries = {
        one["name"] for one in operation(described, "get", kind.path).get("parameters", [])
        if one["in"] == "query"
    }  # fmt: skip
    asked = {name for _, query in kind.views for name, _ in query}
    assert asked | ({kind.about} - {"", "path"}) <= queries


@pytest.mark.parametrize(
    ("kind", "command"), COMMANDS, ids=[command.name for _, command in COMMANDS]
)
def test_what_is_sent_is_taken(
    described: dict[str, Any], kind: Kind, command: RecordCommand
) -> None:
    found = operation(described, command.method, command.path)
    if command.method == "GET":
        taken = {one["name"] for one in found.get("parameters", []) if one["in"] == "query"}
        names = {one.name for one in command.fields}
        assert names | {name for name, _ in (*command.constants, *command.copied)} <= taken
        assert command.needs in {"", *Permission}
        return
    body = found.get("requestBody")
    assert bool(command.fields or command.constants) <= (body is not None)
    if body is not None:
        schema = resolved(described, body["content"]["application/json"]["schema"])
        if command.wrapped_in:
            assert set(schema.get("required", ())) <= {command.wrapped_in}
            schema = within(described, schema, command.wrapped_in)
        whole = resolved(described, body["content"]["application/json"]["schema"])
        beside = {name for name, _ in command.copied}
        assert beside <= set(whole["properties"])
        names = {one.name for one in command.fields} | {name for name, _ in command.wrapped_with}
        assert {name.partition(".")[0] for name, _ in command.constants} <= set(whole["properties"])
        for outer, part in (name.split(".") for name in names if "." in name):
            inner = resolved(described, schema["properties"][outer])
            assert member(inner, part) is not None
        assert {name.partition(".")[0] for name in names} <= set(schema["properties"])
        must = {one.name for one in command.fields if not one.is_optional}
        if command.method == "POST":
            sent = {
                name for name, _ in (*command.constants, *command.copied, *command.wrapped_with)
            }
            outer = {name.partition(".")[0] for name in names if "." in name}
            assert set(schema.get("required", ())) <= must | sent | outer
        for asked in command.fields:
            if asked.choices:
                field = resolved(described, schema["properties"][asked.name])
                field = resolved(described, field.get("items", field))
                assert set(asked.choices) == set(field["enum"]) - {None}
    assert command.needs in {"", *Permission}
    needs_version = any(
        one["name"] == "If-Match" and one["required"] for one in found.get("parameters", [])
    )
    # The console sends the version of every record that has one.
    if command.method == "PUT" and needs_version:
        assert "version" in row_of(described, kind)["properties"]
    else:
        assert needs_version == (command.method in {"PATCH", "DELETE"})
    if command.allowed_states:
        row = answer(described, "get", kind.item) if kind.item else row_of(described, kind)
        state = resolved(described, row["properties"][kind.state])
        values = {True, False} if state["type"] == "boolean" else set(state["enum"])
        assert set(command.allowed_states) <= values
        assert (state["type"] == "boolean") <= bool(command.refusal), "true and false are no words"
    if command.copied:
        row = answer(described, "get", kind.item) if kind.item else row_of(described, kind)
        for _, path in command.copied:
            assert_told(described, row, Field("", path))


def test_the_tables_know_real_permissions(bare_app: Flask) -> None:
    assert {kind.needs for kind in KINDS.values()} <= {"", *Permission}
