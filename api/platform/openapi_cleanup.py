"""What is put right in a document of apispec before it is published.

apispec writes OpenAPI 3.1 mostly as it wrote 3.0, and common generators of clients stumble over
what is valid and unusual.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import marshmallow as ma
import orjson
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter

from api.platform import rules
from api.platform.http import Schema


class Converter(OpenAPIConverter):
    """Writes forms into a document, with their rules."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """Describe a form; a part of a thing owes none of its rules."""
        told: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        if isinstance(schema, Schema) and not schema.partial:
            told |= rules.described(schema, schema.member_rules)
        return told


class FormsPlugin(MarshmallowPlugin):
    """What apispec reads forms with."""

    Converter = Converter


def as_json_schema(
    converter: Any, field: ma.fields.Field[Any], ret: dict[str, Any], **_: Any
) -> dict[str, Any]:
    """Put right what apispec writes in the manner of OpenAPI 3.0, or leaves out."""
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


def _of_names(converter: Any, field: ma.fields.Dict, ret: dict[str, Any]) -> dict[str, Any]:
    """Say how many names an object may have, and what they look like."""
    told = {"maxProperties": ret.pop("maxLength")} if "maxLength" in ret else {}
    names = converter.field2length(field.key_field) if field.key_field else {}
    return {**told, **({"propertyNames": names} if names else {})}


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, if it is one."""
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def finish(document: dict[str, Any]) -> dict[str, Any]:
    """Put a document right, in place."""
    _without_nulls(document)
    _say_defaults(document["components"]["schemas"])
    _share_refusals(document)
    # A blueprint whose routes stand among those of another has nothing of its own to list.
    used = {tag for operation in operations(document) for tag in operation["tags"]}
    document["tags"] = [tag for tag in document["tags"] if tag["name"] in used]
    return document


def _say_defaults(node: Any) -> None:
    """Tell what is meant where nothing is sent in words, in bodies.

    openapi-typescript takes a member with a `default` for one that is always there, and asks who
    sends a body for all of them.
    """
    if isinstance(node, list):
        for item in node:
            _say_defaults(item)
    if not isinstance(node, dict):
        return
    for name, item in node.items():
        if isinstance(item, dict) and "default" in item and name != "properties":
            default = item.pop("default")
            if default not in (None, "", [], {}):
                plain = default if isinstance(default, str) else orjson.dumps(default).decode()
                said = f"By default `{plain}`."
                item["description"] = f"{item.get('description', '')} {said}".strip()
        _say_defaults(item)


def _share_refusals(document: dict[str, Any]) -> None:
    """Say once what several operations answer in the same words."""
    places: dict[str, list[tuple[dict[str, Any], str]]] = defaultdict(list)
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            # What a route that will go says besides is its own.
            codes = answer.get("x-problem-codes")
            if codes and not operation.get("deprecated"):
                places["-".join((status, *codes))].append((operation["responses"], status))
    for name, found in sorted(places.items()):
        if len(found) > 1:
            for responses, status in found:
                document["components"]["responses"][name] = responses[status]
                responses[status] = {"$ref": f"#/components/responses/{name}"}


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the operations of a document."""
    for item in document["paths"].values():
        for method, operation in item.items():
            if method != "parameters":
                yield operation


def _without_nulls(document: dict[str, Any]) -> None:
    """Take out of parameters what only a body can hold: a query has no null."""
    for operation in operations(document):
        for parameter in operation.get("parameters", []):
            schema = parameter.get("schema", {})
            if schema.get("default", "") is None:
                del schema["default"]
            if isinstance(schema.get("type"), list):
                (schema["type"],) = (kind for kind in schema["type"] if kind != "null")
            if None in schema.get("enum", ()):
                schema["enum"] = [value for value in schema["enum"] if value is not None]
