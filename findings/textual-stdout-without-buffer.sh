#!/usr/bin/env bash
# Inside Textual's run_test, structlog's BytesLogger cannot be made: Textual puts an object without
# `.buffer` in the place of sys.stdout, and the logger takes sys.stdout.buffer when none is given.
# A program that logs bytes and is started within a test of a console ends with an AttributeError.
# Ours gives the logger sys.__stdout__ in such tests.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet textual==8.2.8 structlog==26.1.0
cat > app.py <<'PY'
import asyncio

import structlog
from textual.app import App


async def main() -> None:
    structlog.BytesLogger()
    print("before: made", flush=True)
    async with App().run_test():
        try:
            structlog.BytesLogger()
            found = "made"
        except AttributeError as error:
            found = str(error)
    print("inside:", found)


asyncio.run(main())
PY
said=$(env/bin/python app.py)
echo "textual 8.2.8, structlog 26.1.0:"
echo "$said"
[ "$said" = "before: made
inside: '_PrintCapture' object has no attribute 'buffer'" ]
