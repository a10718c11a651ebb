#!/usr/bin/env bash
# biip.parse reads a GS1 Digital Link only in small letters and without what scanners put before it.
# QR codes hold links in capitals to stay small, and scanners send `]Q1` first: both give no GTIN.
# So does a GS1 element string with a good GTIN in front, once one element behind it is not known.
# Ours reads the path of the link, and element after element.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet biip==5.2.0
cat > codes.py <<'PY'
import biip

for code in (
    "https://id.gs1.org/01/05901234123457",
    "HTTPS://ID.GS1.ORG/01/05901234123457",
    "]Q1https://id.gs1.org/01/05901234123457",
    "0105901234123457",
    "01059012341234578888X",
):
    gtin = biip.parse(code).gtin
    print(code, gtin and gtin.value)
PY
said=$(env/bin/python codes.py)
echo "biip 5.2.0:"
echo "$said"
[ "$said" = "https://id.gs1.org/01/05901234123457 05901234123457
HTTPS://ID.GS1.ORG/01/05901234123457 None
]Q1https://id.gs1.org/01/05901234123457 None
0105901234123457 05901234123457
01059012341234578888X None" ]
