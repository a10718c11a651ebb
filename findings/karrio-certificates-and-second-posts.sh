#!/usr/bin/env bash
# Importing karrio switches the checks of certificates off for every urllib of the process, and where
# sentry-sdk is installed its HTTP client sends a POST again whose answer was an error: a label that
# a carrier made before it answered 500 would be bought twice. Ours builds requests with karrio, sends
# them itself, and puts the default context back after the import.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet karrio==2026.1.32 sentry-sdk==2.75.0
cat > posts.py <<'PY'
import ssl
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

warnings.simplefilter("ignore")
before = ssl._create_default_https_context
import karrio.lib as lib
from loguru import logger

logger.remove()
print("checks certificates as before:", ssl._create_default_https_context is before)
posts = []


class Carrier(BaseHTTPRequestHandler):
    def do_POST(self):
        posts.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(400)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Carrier)
Thread(target=server.serve_forever, daemon=True).start()
lib.request(url=f"http://127.0.0.1:{server.server_address[1]}/labels", data="{}", method="POST")
print("one request was sent", len(posts), "times")
PY
said=$(env/bin/python posts.py)
echo "karrio 2026.1.32, sentry-sdk 2.75.0:"
echo "$said"
[ "$said" = "checks certificates as before: False
one request was sent 2 times" ]
