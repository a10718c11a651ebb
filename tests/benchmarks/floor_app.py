"""The app of the floor: routes that do as little as a route can. See floor.py."""

import os

import marshmallow as ma
import orjson
from flask import Flask, Response
from flask_smorest import Api, Blueprint
from redis import Redis

app = Flask(__name__)
app.config.update(API_TITLE="floor", API_VERSION="1", OPENAPI_VERSION="3.0.3")
_redis = Redis.from_url(os.environ["REDIS_URL"])
_blueprint = Blueprint("floor", __name__)
_BODY = orjson.dumps({"data": [{"id": number, "title": "A mug"} for number in range(20)]})


class _Query(ma.Schema):
    limit = ma.fields.Integer(load_default=20, validate=ma.validate.Range(1, 100))
    category = ma.fields.String()


@app.get("/bare")
def bare() -> Response:
    """Answer with bytes."""
    return Response(_BODY, content_type="application/json")


@_blueprint.route("/checked")
@_blueprint.arguments(_Query, location="query")
def checked(query: dict[str, object]) -> Response:
    """Check the query, ask Redis once, answer with bytes."""
    _redis.get("floor")
    return Response(_BODY, content_type="application/json")


Api(app).register_blueprint(_blueprint)
