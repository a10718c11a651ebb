#!/usr/bin/env bash
# A header parameter with `format: uuid` makes a client of openapi-python-client that cannot send it:
# the value is typed as UUID and handed to httpx as it is, which sends text alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet openapi-python-client==0.29.1 httpx==0.28.1
cat > openapi.json <<'JSON'
{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"},
 "paths": {"/items": {"post": {"operationId": "addItem", "tags": ["cart"],
  "parameters": [{"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "format": "uuid"}}],
  "responses": {"204": {"description": "Added"}}}}}}
JSON
echo '{"post_hooks": []}' > config.json
env/bin/openapi-python-client generate --path openapi.json --config config.json --meta none \
  --output-path shop --fail-on-warning > /dev/null
cat > buy.py <<'PY'
import uuid
import httpx
from shop import Client
from shop.api.cart import add_item

answers = httpx.MockTransport(lambda request: httpx.Response(204))
client = Client("http://shop.test", httpx_args={"transport": answers})
try:
    add_item.sync_detailed(client=client, idempotency_key=uuid.uuid4())
except TypeError as error:
    print(f"TypeError: {error}")
PY
said=$(env/bin/python buy.py)
echo "openapi-python-client 0.29.1, httpx 0.28.1: $said"
[ "$said" = "TypeError: Header value must be str or bytes, not <class 'uuid.UUID'>" ]
