"""The real shop with one room more, in which a test can let anything happen inside of a view."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Flask
from sqlalchemy import CheckConstraint, Column, Integer, MetaData, String, Table, Uuid, select
from sqlalchemy.dialects.postgresql import insert

from api.app import create_app
from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.platform import openapi, pagination, response_cache
from api.platform.auth import anyone, customers_only, principal, public, requires, staff_only
from api.platform.db import db, session, transaction
from api.platform.deprecation import deprecated
from api.platform.etags import check, versioned
from api.platform.http import Blueprint, MoneySchema, PageQuerySchema, Schema, list_schema
from api.platform.idempotency import idempotent, idempotent_flow
from api.platform.pagination import Sort
from api.platform.rate_limits import by_address, limiter
from api.platform.settings import Settings
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer

# Not in the shop's own metadata: the shop must not come to have these tables.
TABLES = MetaData()
SHELVES = Table(
    "workshop_shelves",
    TABLES,
    Column("id", Uuid, primary_key=True, default=new_id),
    Column("name", String, nullable=False, unique=True),
    Column("count", Integer, nullable=False),
    CheckConstraint("count >= 0", name="ck_workshop_shelves_count"),
)

PATH = "/api/v1/workshop"


@dataclass
class Bench:
    """What happens inside of a view: `during` is called in the middle of its work."""

    during: Callable[[], Any] = lambda: None
    runs: int = 0

    def work(self) -> Any:
        """Let it happen."""
        self.runs += 1
        return self.during()


bench = Bench()
blueprint = Blueprint("workshop", __name__, url_prefix=PATH, description="A room for tests.")


class LineSchema(Schema):
    """A part of a form."""

    sku = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True, strict=True, validate=ma.validate.Range(1, 99))


class FormSchema(Schema):
    """A form with a bit of everything."""

    lines = ma.fields.List(ma.fields.Nested(LineSchema), required=True)
    price = ma.fields.Nested(MoneySchema)
    note = ma.fields.String(load_default="")


class RemarkSchema(Schema):
    """Something to say while it happens."""

    note = ma.fields.String(load_default="")


class ShelfSchema(Schema):
    """A shelf as it is answered."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    count = ma.fields.Integer(required=True)


class ShelfQuerySchema(PageQuerySchema):
    """How to list shelves."""

    below = ma.fields.Integer(load_default=None)
    descending = ma.fields.Boolean(load_default=False)


@blueprint.route("/whatever", methods=["GET", "POST"])
@public
@blueprint.response(200)
def whatever() -> Any:
    """Do what the test wants."""
    return bench.work() or {"ok": True}


@blueprint.route("/old", methods=["GET", "POST"])
@deprecated(date(2026, 3, 1), sunset=date(2027, 3, 1), successor=f"{PATH}/whatever")
@staff_only
@blueprint.response(200)
def old() -> Any:
    """Do what the test wants, for now.

    It was good for years.
    """
    return bench.work() or {"ok": True}


@blueprint.route("/form", methods=["POST"])
@public
@blueprint.arguments(FormSchema)
@blueprint.response(200)
def form(body: dict[str, Any]) -> Any:
    """Give back what was read."""
    bench.work()
    return body


@blueprint.route("/counted/<name>", methods=["POST"])
@anyone
@idempotent(required=True)
@blueprint.arguments(RemarkSchema)
@blueprint.response(201)
def counted(body: dict[str, Any], name: str) -> Any:
    """Put one thing more onto a shelf."""
    row = put_onto(name)
    bench.work()
    return {**row, "version": row["count"]}, {"Location": f"{PATH}/shelves/{row['id']}"}


@blueprint.route("/optional/<name>", methods=["POST"])
@anyone
@idempotent(required=False)
@blueprint.response(200)
def optional(name: str) -> Any:
    """Put one thing more onto a shelf, with or without a key."""
    row = put_onto(name)
    bench.work()
    return row


@blueprint.route("/flow/<name>", methods=["POST"])
@anyone
@idempotent_flow
@blueprint.response(201)
def flow(name: str, operation_id: UUID) -> Any:
    """Take a shelf by the name of the operation, let something happen outside, fill the shelf."""
    with transaction():
        session.execute(
            insert(SHELVES).values(id=operation_id, name=name, count=0).on_conflict_do_nothing()
        )
    bench.work()
    with transaction():
        session.execute(SHELVES.update().where(SHELVES.c.id == operation_id).values(count=1))
    return {"id": operation_id, "name": name}


@blueprint.route("/versioned", methods=["PATCH"])
@public
@versioned
@blueprint.response(200)
def edit(expected_version: int) -> Any:
    """Change something that stands at version 3."""
    check(3, expected_version)
    return {"version": 4}


@blueprint.route("/shelves")
@public
@blueprint.arguments(ShelfQuerySchema, location="query")
@blueprint.response(200, list_schema(ShelfSchema))
def shelves(query: dict[str, Any]) -> Any:
    """List the shelves by how much stands on them."""
    found = select(SHELVES.c.id, SHELVES.c.name, SHELVES.c.count)
    if query["below"] is not None:
        found = found.where(SHELVES.c.count < query["below"])
    rows, page = pagination.page(
        found,
        Sort((SHELVES.c.count, SHELVES.c.id), descending=query["descending"]),
        limit=query["limit"],
        cursor=query["cursor"],
        filters=query["below"],
        total=found if query["with_total"] else None,
    )
    return {"data": [{"id": r.id, "name": r.name, "count": r.count} for r in rows], "page": page}


@blueprint.route("/kept/<name>")
@public
@response_cache.cache_response(lambda name: ["workshop", f"workshop:{name}"])
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200)
def kept(query: dict[str, Any], name: str) -> Any:
    """Answer something that is kept."""
    return {"name": name, "made": bench.work()}


@blueprint.route("/guessed", methods=["POST"])
@public
@limiter.limit("2 per minute; 4 per hour", key_func=by_address)
@blueprint.response(200)
def guessed() -> Any:
    """Let something be guessed."""
    bench.work()
    return {"ok": True}


@blueprint.route("/refunds", methods=["POST"])
@requires(Permission.ORDERS_REFUND)
@blueprint.response(200)
def needs_permission() -> Any:
    """Do what needs a permission."""
    bench.work()
    return {"actor": principal().actor_key}


@blueprint.route("/desk")
@staff_only
@blueprint.response(200)
def for_staff() -> Any:
    """Show what is for staff."""
    return {"actor": principal().actor_key}


@blueprint.route("/own")
@customers_only
@blueprint.response(200)
def for_customers() -> Any:
    """Show what is for customers."""
    return {"actor": principal().actor_key}


@blueprint.route("/cart")
@anyone
@blueprint.response(200)
def for_anyone() -> Any:
    """Show what is for customers and guests."""
    return {"actor": principal().actor_key}


def put_onto(name: str) -> dict[str, Any]:
    """Add one to a shelf in the running transaction and return the shelf."""
    adding = insert(SHELVES).values(id=new_id(), name=name, count=1)
    row = session.execute(
        adding.on_conflict_do_update(
            index_elements=["name"], set_={"count": SHELVES.c.count + 1}
        ).returning(SHELVES.c.id, SHELVES.c.name, SHELVES.c.count)
    ).one()
    return {"id": row.id, "name": row.name, "count": row.count}


def stock_of(name: str) -> int:
    """Read how much stands on a shelf; 0 when it was never built. Needs an app context."""
    with transaction():
        count = session.scalar(select(SHELVES.c.count).where(SHELVES.c.name == name))
    return count or 0


def build_workshop(settings: Settings, **changes: Any) -> Flask:
    """Build the shop with the room, under settings of one's own."""
    app = create_app(
        replace(settings, **changes), mailer=RecordingMailer(), gateway=ScriptedGateway()
    )
    openapi.documents(app)["storefront"].register_blueprint(blueprint)
    return app


@contextmanager
def built_tables(app: Flask) -> Iterator[None]:
    """Have the room's tables for the length of a block."""
    with app.app_context():
        TABLES.create_all(db.engine)
    try:
        yield
    finally:
        with app.app_context():
            TABLES.drop_all(db.engine)
