"""Corrections of apispec's documents before they are published.

apispec writes OpenAPI 3.1 mostly like 3.0, and common client generators fail on some constructs
that are valid but unusual.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import marshmallow as ma
import orjson
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter

from api.platform import rules
from api.platform.http import Schema


class Converter(OpenAPIConverter):
    """Converts schemas to JSON Schema, with their `member_rules`."""

    def schema2jsonschema(self, schema: object) -> dict[str, object]:
        """Describe a schema; a partial one has no rules."""
        described: dict[str, object] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        if isinstance(schema, Schema) and not schema.partial:
            described |= rules.described(schema, schema.member_rules)
        return described


class FormsPlugin(MarshmallowPlugin):
    """apispec's plugin for marshmallow schemas, with our converter."""

    Converter = Converter


def as_json_schema(
    converter: object, field: ma.fields.Field[object], ret: dict[str, object], **_: object
) -> dict[str, object]:
    """Correct what apispec writes as in OpenAPI 3.0, or leaves out."""
    if "example" in ret:
        ret["examples"] = [ret.pop("example")]
    if "$ref" in ret and len(ret) > 1:
        ret["allOf"] = [{"$ref": ret.pop("$ref")}]  # many tools read nothing beside a reference
    for validator in field.validators:
        if name := getattr(validator, "format", None):
            ret["format"] = name
    if isinstance(field, ma.fields.Enum) and issubclass(field.enum, str):
        return {"type": ["string", "null"] if field.allow_none else "string"}
    if isinstance(field, ma.fields.Dict):
        return _of_names(converter, field, ret)
    return {}


def _of_names(converter: Any, field: ma.fields.Dict, ret: dict[str, object]) -> dict[str, object]:
    """Describe how many properties an object may have, and the pattern of their names."""
    limits = {
        ours: ret.pop(theirs)
        for theirs, ours in (("minLength", "minProperties"), ("maxLength", "maxProperties"))
        if theirs in ret
    }
    names: dict[str, object] = {}
    if key := field.key_field:
        for describe in (converter.field2length, converter.field2pattern, converter.field2choices):
            names |= describe(key)
    return {**limits, **({"propertyNames": names} if names else {})}


def resolved(document: Mapping[str, object], node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, if it is one."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def finish(document: dict[str, Any]) -> dict[str, object]:
    """Correct a document in place."""
    _without_nulls(document)
    _describe_defaults(document["components"]["schemas"])
    _share_refusals(document)
    # A blueprint whose routes have the tag of another one has no tag of its own to list.
    used = {tag for operation in operations(document) for tag in operation["tags"]}
    document["tags"] = [tag for tag in document["tags"] if tag["name"] in used]
    return document


def _describe_defaults(node: object) -> None:
    """Move defaults of body members into their descriptions.

    openapi-typescript makes a member with a `default` required in request bodies.
    """
    if isinstance(node, list):
        for item in node:
            _describe_defaults(item)
    if not isinstance(node, dict):
        return
    for name, item in node.items():
        if isinstance(item, dict) and "default" in item and name != "properties":
            default = item.pop("default")
            if default not in (None, "", [], {}):
                plain = default if isinstance(default, str) else orjson.dumps(default).decode()
                note = f"By default `{plain}`."
                item["description"] = f"{item.get('description', '')} {note}".strip()
        _describe_defaults(item)


def _share_refusals(document: dict[str, Any]) -> None:
    """Move equal error responses of several operations into the shared components."""
    uses: dict[str, list[tuple[dict[str, object], str]]] = defaultdict(list)
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            # Those of a deprecated route have headers of their own.
            codes = answer.get("x-problem-codes")
            if codes and not operation.get("deprecated"):
                uses["-".join((status, *codes))].append((operation["responses"], status))
    for name, shared in sorted(uses.items()):
        if len(shared) > 1:
            for responses, status in shared:
                document["components"]["responses"][name] = responses[status]
                responses[status] = {"$ref": f"#/components/responses/{name}"}


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the operations of a document."""
    for item in document["paths"].values():
        for method, operation in item.items():
            if method != "parameters":
                yield operation


def _without_nulls(document: dict[str, object]) -> None:
    """Remove null from the types and enums of parameters: a query has no null."""
    for operation in operations(document):
        for parameter in operation.get("parameters", []):
            schema = parameter.get("schema", {})
            if schema.get("default", "") is None:
                del schema["default"]
            if isinstance(schema.get("type"), list):
                (schema["type"],) = (kind for kind in schema["type"] if kind != "null")
            if None in schema.get("enum", ()):
                schema["enum"] = [value for value in schema["enum"] if value is not None]
