#!/usr/bin/env bash
# charset-normalizer's best guess for a short product list is often another country's: the letters
# are few, and nothing says that a file comes from a spreadsheet on Windows. A Danish list in
# Windows-1252 is read as DOS Latin 2 (`Sm°rrebr°d`), a Polish one in Windows-1250 as Shift-JIS, both
# without any doubt being told. Our reader looks at the words that come out instead.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet charset-normalizer==3.5.3
cat > lists.py <<'PY'
from charset_normalizer import from_bytes

LISTS = {
    "cp1252": "Handle,Title,Variant Price\nplatte,Smørrebrød Platte,5.00\nkop,Blå kop,3.00\n",
    "cp1250": "Handle,Title,Variant Price\np-1,Żółta książka,5\n",
}
for encoding, text in LISTS.items():
    best = from_bytes(text.encode(encoding)).best()
    print(encoding, "read as", best.encoding, "chaos", best.chaos, str(best).splitlines()[1])
PY
said=$(env/bin/python lists.py)
echo "charset-normalizer 3.5.3:"
echo "$said"
[ "$said" = "cp1252 read as cp852 chaos 0.0 platte,Sm°rrebr°d Platte,5.00
cp1250 read as shift_jis_2004 chaos 0.0 p-1,ｯ曬ta ksiｹｿka,5" ]
