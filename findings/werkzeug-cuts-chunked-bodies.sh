#!/usr/bin/env bash
# werkzeug ends a chunked body at max_content_length without a word: the reader sees a shorter file
# and no 413. A body of the same size that says its Content-Length is refused with 413.
# A CSV that a program sends in chunks would lose its last rows and still be taken as complete.
# Ours counts what is read and answers 413.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet flask==3.1.3 werkzeug==3.1.9
cat > app.py <<'PY'
import io

from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 20
ROWS = b"sku,stock\nMUG,1\nCUP,2\nTEA,3\n"


@app.post("/")
def take() -> str:
    try:
        return f"{len(request.stream.read())} of {len(ROWS)} bytes"
    except RequestEntityTooLarge:
        return "413"


client = app.test_client()
print("with a length:", client.post("/", input_stream=io.BytesIO(ROWS), content_length=len(ROWS)).text)
chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
print("in chunks:", client.post("/", input_stream=io.BytesIO(ROWS), environ_overrides=chunked).text)
PY
said=$(env/bin/python app.py)
echo "werkzeug 3.1.9:"
echo "$said"
[ "$said" = "with a length: 413
in chunks: 20 of 28 bytes" ]
