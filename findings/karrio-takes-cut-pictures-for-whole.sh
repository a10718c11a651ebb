#!/usr/bin/env bash
# Importing karrio sets Pillow's LOAD_TRUNCATED_IMAGES for the whole process: whoever refuses uploads
# that broke off, because Pillow raises, stores half pictures from the first label on. Ours puts the
# flag back after the import.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet karrio==2026.1.32 Pillow==13.0.0
cat > pictures.py <<'PY'
import warnings
from io import BytesIO

from PIL import Image

warnings.simplefilter("ignore")
written = BytesIO()
Image.radial_gradient("L").save(written, "JPEG")
half = written.getvalue()[: len(written.getvalue()) // 2]


def read():
    try:
        Image.open(BytesIO(half)).load()
    except OSError as error:
        return type(error).__name__
    return "read as if it were whole"


print("half a JPEG before the import:", read())
import karrio.lib

print("half a JPEG after the import:", read())
PY
said=$(env/bin/python pictures.py)
echo "karrio 2026.1.32, Pillow 13.0.0:"
echo "$said"
[ "$said" = "half a JPEG before the import: OSError
half a JPEG after the import: read as if it were whole" ]
