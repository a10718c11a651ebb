#!/usr/bin/env bash
# `@blp.doc(parameters=[...])`, which documents a header, takes the query parameters of
# `@blp.arguments(..., location="query")` out of the document: lists are replaced, not joined.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet flask-smorest==0.47.0 marshmallow==4.4.0 Flask==3.1.3 apispec==6.10.1
cat > shop.py <<'PY'
import marshmallow as ma
from flask import Flask
from flask_smorest import Api, Blueprint


class Query(ma.Schema):
    dry_run = ma.fields.Boolean()


blp = Blueprint("imports", __name__)
KEY = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}


@blp.route("/plain", methods=["POST"])
@blp.arguments(Query, location="query")
@blp.response(204)
def plain(query):
    """Take a file."""


@blp.route("/with-header", methods=["POST"])
@blp.doc(parameters=[KEY])
@blp.arguments(Query, location="query")
@blp.response(204)
def with_header(query):
    """Take a file once."""


app = Flask("shop")
app.config.update(API_TITLE="Shop", API_VERSION="1", OPENAPI_VERSION="3.1.0")
api = Api(app)
api.register_blueprint(blp)
paths = api.spec.to_dict()["paths"]
for path in paths:
    print(path, [p["name"] for p in paths[path]["post"]["parameters"]])
PY
said=$(env/bin/python shop.py)
echo "flask-smorest 0.47.0, apispec 6.10.1:"
echo "$said"
[ "$said" = "/plain ['dry_run']
/with-header ['Idempotency-Key']" ]
