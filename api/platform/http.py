"""Schemas, blueprints and JSON responses on top of flask-smorest.

Input is strict (unknown fields are refused), output is documented, JSON is written by orjson.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from enum import StrEnum
from functools import cache, wraps
from typing import Any, ClassVar, Final, Self, TypeVar, cast

import flask_smorest
import marshmallow as ma
import orjson
from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin

from api.kernel.money import Money, is_currency
from api.platform.etags import etag
from api.platform.openapi_errors import documented
from api.platform.pagination import LONGEST_PAGE
from api.platform.request_parsing import JsonReader, without_query
from api.platform.rules import Rule

View = TypeVar("View", bound=Callable[..., Any])

MAX_AMOUNT = 10**15
"""The largest amount, in minor units: above every price and far below the limit of a BIGINT."""
MAX_UNIT_PRICE = 10**11
"""The largest price of a unit that staff set: 200 lines of 100,000 units still fit a BIGINT."""

LOCATED = {"Location": "Location"}
"""For `Blueprint.response(headers=...)` of routes that create something."""

_JSON = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class Schema(ma.Schema):
    """Base class of schemas: refuses unknown fields and checks `member_rules`.

    Rules about several fields are not checked on a partial load, which lacks some of them. What is
    loaded is a dictionary, or what `makes` makes of its members.
    """

    member_rules: ClassVar[tuple[Rule, ...]] = ()
    makes: ClassVar[type[Any] | None] = None

    class Meta:
        unknown = ma.RAISE

    @ma.post_load
    def _made(self, data: dict[str, object], **_: object) -> object:
        return data if self.makes is None else self.makes(**data)

    def __deepcopy__(self, memo: object) -> Self:
        """Return itself: flask-smorest copies what routes say of themselves several times over."""
        return self

    @ma.validates_schema(skip_on_field_errors=True)
    def _check_member_rules(
        self, values: Mapping[str, object], *, partial: object, **_: object
    ) -> None:
        for rule in () if partial else self.member_rules:
            if errors := rule.refusal(self, values):
                raise ma.ValidationError(errors)


class Pattern(ma.validate.Regexp):
    """A pattern that must match the whole text: in Python, `$` also matches before a line break.

    The pattern is published in the API document, so it must mean the same in ECMA 262 and Python.
    Where that is impossible, the document names a `format` instead.
    """

    format: str | None = None

    def __call__(self, value: Any) -> Any:
        """Refuse a text of which only a part matches."""
        if self.regex.fullmatch(value) is None:
            raise ma.ValidationError(self._format_error(value))
        return value


NOT_BLANK: Final = Pattern(r"^[\s\S]*\S[\s\S]*$", error="Must not be blank.")
TRIMMED: Final = Pattern(
    r"^\S([^\n]*\S)?$", error="Must not begin or end with a space, nor have a line break."
)


class CurrencyCode(Pattern):
    """A currency code of ISO 4217: the document shows its pattern, the list is checked here."""

    format = "iso-4217"

    def __init__(self) -> None:
        super().__init__(r"^[A-Z]{3}$", error="Use an ISO 4217 code such as EUR.")

    def __call__(self, value: Any) -> Any:
        """Refuse a code that is no current currency, such as XXQ or a withdrawn one."""
        super().__call__(value)
        if not is_currency(value):
            raise ma.ValidationError(f"{value} is not a currency in ISO 4217. Use one such as EUR.")
        return value


class Slug:
    """A name in a URL: letters of any script, digits, dashes."""

    format = "slug"
    _spelling = re.compile(r"[^\W_]+(?:[-_]+[^\W_]+)*")

    def __call__(self, slug: str) -> None:
        """Refuse any other text, and capitals."""
        if self._spelling.fullmatch(slug) is None:
            raise ma.ValidationError("Use letters and digits with dashes between them.")
        if slug != slug.lower():
            raise ma.ValidationError("Use lower-case letters.")


class DateTimeField(ma.fields.AwareDateTime):
    """A datetime with its time zone, loaded as UTC: the database knows fewer zones than Python."""

    def _deserialize(self, value: object, *args: object, **options: object) -> Any:
        moment = super()._deserialize(value, *args, **options)
        try:
            return moment.astimezone(UTC)
        except OverflowError as beyond:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from beyond


def one_of(members: Iterable[StrEnum]) -> ma.validate.OneOf:
    """Refuse what is no value of an enumeration, or of these members; the document lists them."""
    return ma.validate.OneOf([member.value for member in members])


class MoneySchema(Schema):
    """An amount in whole minor units of one ISO 4217 currency."""

    amount = ma.fields.Integer(
        required=True,
        strict=True,
        validate=ma.validate.Range(-MAX_AMOUNT, MAX_AMOUNT),
        metadata={"description": "Whole minor units: 1299 is 12.99 EUR.", "example": 1299},
    )
    currency = ma.fields.String(
        required=True,
        validate=CurrencyCode(),
        metadata={"example": "EUR"},
    )

    def load(self, data: Any, **options: Any) -> object:
        """Load an amount, which is whole even where the form around it is partial."""
        return super().load(data, **{**options, "partial": False})

    @ma.post_load
    def _money(self, data: dict[str, Any], **_: object) -> Money:
        return Money(data["amount"], data["currency"])


class PositiveMoneySchema(MoneySchema):
    """An amount above 0, in whole minor units."""

    amount = ma.fields.Integer(
        required=True,
        strict=True,
        validate=ma.validate.Range(1, MAX_AMOUNT, error="Give an amount of more than 0."),
        metadata={"example": 1299},
    )


class LimitMoneySchema(MoneySchema):
    """The most that something may come to, in whole minor units; 0 allows nothing."""

    amount = ma.fields.Integer(
        required=True,
        strict=True,
        validate=ma.validate.Range(0, MAX_AMOUNT),
        metadata={"example": 5000},
    )


class UnitPriceSchema(MoneySchema):
    """A price of one unit that staff set, 0 or more, in whole minor units."""

    amount = ma.fields.Integer(
        required=True,
        strict=True,
        validate=ma.validate.Range(0, MAX_UNIT_PRICE),
        metadata={"example": 1299},
    )


class PageSchema(Schema):
    """The `page` member of a list: how to read on."""

    limit = ma.fields.Integer(required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)
    has_more = ma.fields.Boolean(required=True)
    total = ma.fields.Integer(metadata={"description": "With include=total; capped at 10,000."})
    total_is_capped = ma.fields.Boolean()


class UncountedPageQuerySchema(Schema):
    """Query parameters of every list."""

    limit = ma.fields.Integer(
        load_default=25, validate=ma.validate.Range(1, LONGEST_PAGE), metadata={"example": 25}
    )
    cursor = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(min=1, error="Leave the cursor out to begin at the start."),
        metadata={
            "description": "`next_cursor` of the previous page.",
            "pattern": "^[A-Za-z0-9_-]+$",
        },
    )


class ExplainQuerySchema(Schema):
    """Whether sums are explained."""

    explain = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Whether to tell each step of the sums in words."},
    )


class PageQuerySchema(UncountedPageQuerySchema):
    """Query parameters of lists with a total."""

    include = ma.fields.String(
        load_default=None,
        validate=ma.validate.OneOf(["total"]),
        metadata={"description": "`total` counts the list, up to 10,000."},
    )

    @ma.post_load
    def _with_total(self, query: dict[str, object], **_: object) -> dict[str, object]:
        query["with_total"] = query.pop("include") == "total"
        return query


class ProblemErrorSchema(Schema):
    """One error of a request, and where it is."""

    pointer = ma.fields.String(required=True, metadata={"example": "/lines/0/quantity"})
    location = ma.fields.String(
        data_key="in", metadata={"description": "`body` or `query`.", "example": "body"}
    )
    code = ma.fields.String(required=True)
    detail = ma.fields.String(required=True)


class ProblemSchema(ma.Schema):
    """A problem document (RFC 9457). Programs use `code`; `detail` is for people."""

    class Meta:
        unknown = ma.INCLUDE

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    request_id = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(ProblemErrorSchema), required=True)


_list_schemas: dict[type[ma.Schema], type[ma.Schema]] = {}


def list_schema(item: type[ma.Schema]) -> type[ma.Schema]:
    """Return the envelope schema of a list: `data` and `page`."""
    if item not in _list_schemas:
        name = item.__name__.removesuffix("Schema") + "ListSchema"
        members = {
            "data": ma.fields.List(ma.fields.Nested(item), required=True),
            "page": ma.fields.Nested(PageSchema, required=True),
        }
        _list_schemas[item] = Schema.from_dict(members, name=name)
    return _list_schemas[item]


def json_response(
    body: object, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return a JSON response. A `version` in the body is also sent as the ETag."""
    response = Response(orjson.dumps(body, option=_JSON), status, content_type="application/json")
    if isinstance(body, dict) and isinstance(body.get("version"), int):
        response.headers["ETag"] = etag(body["version"])
    if headers:
        response.headers.update(headers)
    return response


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A flask-smorest blueprint whose views return plain values, which are not dumped again."""

    ARGUMENTS_PARSER = JsonReader()

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        # smorest's hook by which a blueprint adds to the description of each operation.
        self._prepare_doc_cbks.append(self._prepare_operation_doc)

    @staticmethod
    def _prepare_operation_doc(
        doc: Mapping[str, object], info: Mapping[str, object], *, api: Any, method: str, **_: object
    ) -> dict[str, object]:
        described: dict[str, object] = api.complete(doc, info, method)
        return described

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register a view, and document the errors of its guard and headers."""
        register = super().route(rule, **options)
        methods = options.get("methods", ("GET",))

        def decorate(view: View) -> View:
            described = documented(view, rule=rule)
            has_no_query = "GET" in methods and not _takes_query(view)
            return cast(View, register(without_query(described) if has_no_query else described))

        return decorate

    def arguments(self, schema: object, **options: object) -> Callable[[View], View]:
        """Validate the input of a view; unknown query parameters are refused."""
        if options.get("location") == "query":
            options.setdefault("unknown", ma.RAISE)
        return cast(Callable[[View], View], super().arguments(_shared(schema), **options))

    def response(
        self, status_code: int, schema: object = None, **options: object
    ) -> Callable[[View], View]:
        """Document the response of a view and serialize it as JSON.

        Queries build the value in its final shape and tests compare it with the schema, so
        production does not serialize every field through marshmallow.
        """
        document = super().response(status_code, _shared(schema), **options)

        def decorate(view: View) -> View:
            @wraps(view)
            def answer(*args: object, **kwargs: object) -> Response:
                result = view(*args, **kwargs)
                if isinstance(result, Response):
                    return result
                if isinstance(result, tuple):
                    body, headers = result
                    return json_response(body, status_code, headers)
                if result is None:
                    return Response(status=status_code)
                return json_response(result, status_code)

            return cast(View, document(answer))

        return decorate

    def alt_response(self, status_code: int, **options: object) -> Callable[[View], View]:
        """Document another response of a view."""
        if "schema" in options:
            options["schema"] = _shared(options["schema"])
        return cast(Callable[[View], View], super().alt_response(status_code, **options))

    def doc(self, **members: object) -> Callable[[View], View]:
        """Add to the documentation of a view; see flask-smorest."""
        return cast(Callable[[View], View], super().doc(**members))


@cache
def _instance(schema: type[ma.Schema]) -> ma.Schema:
    """Return the one instance of a class of schemas: each holds a copy of every field."""
    return schema()


def _shared(schema: object) -> object:
    return _instance(schema) if isinstance(schema, type) else schema


def _takes_query(view: Callable[..., object]) -> bool:
    arguments = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", ())
    return any(parameter.get("in") == "query" for parameter in arguments)


class NoCookies(SessionInterface):
    """A session interface without cookies: the shop uses none."""

    def open_session(self, app: Flask, request: Request) -> None:
        """Return no session."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store nothing."""
