#!/usr/bin/env bash
# karrio-dpd-meta fails on every request with customs data: it reads the weight of an article, a
# number, as if it had units. Ours says so before it asks, and such parcels are labelled elsewhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet karrio==2026.1.32 karrio-dpd-meta==2026.1.32
cat > customs.py <<'PY'
import warnings

warnings.simplefilter("ignore")
from karrio.core import models
from karrio.mappers.dpd_meta import Mapper, Settings

address = {"person_name": "Anna Berg", "city": "Bremen", "postal_code": "28195", "country_code": "DE"}
swiss = {**address, "city": "Zürich", "postal_code": "8001", "country_code": "CH"}
mug = models.Commodity(
    sku="MUG", title="Mug", description="Mug", quantity=2, hs_code="691200", origin_country="PT",
    value_amount=12.99, value_currency="EUR", weight=0.35, weight_unit="KG",
)
request = models.ShipmentRequest(
    service="CL",
    shipper=models.Address(**address, address_line1="Lindenstr. 9"),
    recipient=models.Address(**swiss, address_line1="Bahnhofstrasse 1"),
    parcels=[models.Parcel(weight=1.25, weight_unit="KG")],
    reference="1001",
    customs=models.Customs(commodities=[mug], content_type="merchandise", incoterm="DAP"),
)
settings = Settings(dpd_login="a", dpd_password="b", dpd_bucode="001", customer_id="1")
try:
    Mapper(settings).create_shipment_request(request)
except Exception as error:
    print(f"{type(error).__name__}: {error}")
PY
said=$(env/bin/python customs.py)
echo "karrio-dpd-meta 2026.1.32:"
echo "$said"
[ "$said" = "AttributeError: 'float' object has no attribute 'G'" ]
