"""Addresses as people type them are accepted, and printed as the post of their country wants."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.platform.addresses import AddressSchema, address_errors, label_lines, phone_e164
from api.platform.postal_rules import rules

# country|name|company|line1|line2|city|region|postal code => the label. No real persons.
TYPED = """
DE|Muster Verlag||Marktplatz 3||Bremen||d-28195 => Muster Verlag / Marktplatz 3 / 28195 Bremen / GERMANY
DE|Ada Beispiel|Werft GmbH|Am Wall 1|Hinterhaus|bremen|Bremen|28 195 => Ada Beispiel / Werft GmbH / Am Wall 1 / Hinterhaus / 28195 bremen / GERMANY
DE|Büsinger Rathaus||Junkerstrasse 86||Büsingen||CH-8238 => Büsinger Rathaus / Junkerstrasse 86 / 8238 Büsingen / GERMANY
AT|Tiroler Gast||Walserstraße 64||Riezlern|Vorarlberg|D-87567 => Tiroler Gast / Walserstraße 64 / 87567 Riezlern / AUSTRIA
AT|Max Muster||Stephansplatz 3/2/14||Wien||A-1010 => Max Muster / Stephansplatz 3/2/14 / 1010 Wien / AUSTRIA
CH|Erika Muster||Bahnhofstrasse 1||Zürich|ZH|CH-8001 => Erika Muster / Bahnhofstrasse 1 / CH-8001 Zürich / SWITZERLAND
CH|Jean Exemple||Rue du Rhône 8|Case postale 3|Genève||1204 => Jean Exemple / Rue du Rhône 8 / Case postale 3 / CH-1204 Genève / SWITZERLAND
LI|Amt Muster||Städtle 38||Vaduz||FL-9490 => Amt Muster / Städtle 38 / FL-9490 Vaduz / LIECHTENSTEIN
FR|Jeanne Exemple||12, rue de la Paix|Bât. B, 3e étage|Paris||f-75002 => Jeanne Exemple / 12, rue de la Paix / Bât. B, 3e étage / 75002 Paris / FRANCE
FR|Société Exemple|SE SARL|8 allée des Pins||Saint-Denis|La Réunion|93 200 => SE SARL / Société Exemple / 8 allée des Pins / 93200 Saint-Denis / FRANCE
MC|Palais Exemple||1 avenue de Monte-Carlo||Monaco||98000 => Palais Exemple / 1 avenue de Monte-Carlo / MC-98000 Monaco / MONACO
BE|Jan Voorbeeld||Grote Markt 1 bus 4||Brussel||B-1000 => Jan Voorbeeld / Grote Markt 1 bus 4 / 1000 Brussel / BELGIUM
BE|Marie Exemple||Rue Neuve 123||Liège|Liège|4000 => Marie Exemple / Rue Neuve 123 / 4000 Liège / BELGIUM
NL|Piet Voorbeeld||Damrak 1-hs||Amsterdam||1012ab => Piet Voorbeeld / Damrak 1-hs / 1012 AB Amsterdam / NETHERLANDS
NL|Winkel BV||Coolsingel 40||Rotterdam|Zuid-Holland|NL-3011 AD => Winkel BV / Coolsingel 40 / 3011 AD Rotterdam / NETHERLANDS
LU|Jean Beispill||2, rue Beck||Luxembourg||L1222 => Jean Beispill / 2, rue Beck / L-1222 Luxembourg / LUXEMBOURG
GB|John Sample||Flat 2, 10 High Street||Guildford|Surrey|gu13aa => John Sample / Flat 2, 10 High Street / Guildford / Surrey / GU1 3AA / UNITED KINGDOM
GB|Sample Ltd||1 Princes Street||Edinburgh||EH2 2EQ => Sample Ltd / 1 Princes Street / Edinburgh / EH2 2EQ / UNITED KINGDOM
GB|Serjeant Sample||BFPO 61||BFPO||bfpo61 => Serjeant Sample / BFPO 61 / BFPO / BFPO 61 / UNITED KINGDOM
IE|Máire Sample||14 Main Street||Ballincollig|Cork|p31x285 => Máire Sample / 14 Main Street / Ballincollig / Co. Cork / P31 X285 / IRELAND
IE|Sample Shop||1 Grafton Street||Dublin 2|County Dublin|D02 X285 => Sample Shop / 1 Grafton Street / Dublin 2 / Co. Dublin / D02 X285 / IRELAND
IE|No Code||The Cottage, Inishmore||Galway|| => No Code / The Cottage, Inishmore / Galway / IRELAND
ES|Ana Ejemplo||C/ Mayor 5, 3º izq.||Madrid|Madrid|28013 => Ana Ejemplo / C/ Mayor 5, 3º izq. / 28013 Madrid M / SPAIN
ES|Ana Ejemplo||Calle Sierpes 1||Sevilla|seville|41004 => Ana Ejemplo / Calle Sierpes 1 / 41004 Sevilla SE / SPAIN
IT|Mario Esempio||Via Roma 12/B|scala A int. 4|Milano|Milano|I-20121 => Mario Esempio / Via Roma 12/B / scala A int. 4 / 20121 Milano MI / ITALY
IT|Comune Esempio||Piazza Roma 1||Campione d'Italia|CO|CH-6911 => Comune Esempio / Piazza Roma 1 / 6911 Campione d'Italia CO / ITALY
PT|Rui Exemplo||Rua Augusta 100, 2.º Esq.||Lisboa||1100053 => Rui Exemplo / Rua Augusta 100, 2.º Esq. / 1100-053 Lisboa / PORTUGAL
PT|Rui Exemplo||Largo da Sé 1||Funchal|Madeira|9000-057 => Rui Exemplo / Largo da Sé 1 / 9000-057 Funchal / PORTUGAL
SE|Anna Exempel||Drottninggatan 1 lgh 1203||Stockholm||SE-11151 => Anna Exempel / Drottninggatan 1 lgh 1203 / SE-111 51 Stockholm / SWEDEN
SE|Anna Exempel||Box 5||Malmö||201 20 => Anna Exempel / Box 5 / SE-201 20 Malmö / SWEDEN
NO|Kari Eksempel||Karl Johans gate 1||Oslo||N-0154 => Kari Eksempel / Karl Johans gate 1 / 0154 Oslo / NORWAY
DK|Mette Eksempel||Strøget 1, 2. tv.||København K||DK-1160 => Mette Eksempel / Strøget 1, 2. tv. / 1160 København K / DENMARK
DK|Mette Eksempel||Havnegade 2||Tórshavn||1000 => Mette Eksempel / Havnegade 2 / 1000 Tórshavn / DENMARK
FI|Matti Esimerkki||Mannerheimintie 1 A 5||Helsinki||FIN-00100 => Matti Esimerkki / Mannerheimintie 1 A 5 / FI-00100 Helsinki / FINLAND
FI|Matti Esimerkki||Aleksanterinkatu 2||Helsinki||00100 => Matti Esimerkki / Aleksanterinkatu 2 / FI-00100 Helsinki / FINLAND
IS|Jón Dæmi||Laugavegur 1||Reykjavík||101 => Jón Dæmi / Laugavegur 1 / 101 Reykjavík / ICELAND
PL|Jan Przykład||ul. Nowy Świat 1 m. 5||Warszawa||00496 => Jan Przykład / ul. Nowy Świat 1 m. 5 / 00-496 Warszawa / POLAND
PL|Jan Przykład||Rynek Główny 1||Kraków|małopolskie|31-042 => Jan Przykład / Rynek Główny 1 / 31-042 Kraków / POLAND
CZ|Jan Vzor||Václavské nám. 1||Praha 1||11000 => Jan Vzor / Václavské nám. 1 / 110 00 Praha 1 / CZECHIA
SK|Ján Vzor||Hlavné námestie 1||Bratislava||SK-811 01 => Ján Vzor / Hlavné námestie 1 / 811 01 Bratislava / SLOVAKIA
HU|Minta János||Andrássy út 1. 2/3||Budapest||H-1061 => Minta János / Budapest / Andrássy út 1. 2/3 / 1061 / HUNGARY
RO|Ion Exemplu||Str. Lipscani 1, bl. A, ap. 3||București|Sector 3|030031 => Ion Exemplu / Str. Lipscani 1, bl. A, ap. 3 / 030031 Sector 3 București / ROMANIA
GR|Γιώργος Παράδειγμα||Ερμού 1||Αθήνα||10563 => Γιώργος Παράδειγμα / Ερμού 1 / 105 63 Αθήνα / GREECE
LT|Jonas Pavyzdys||Gedimino pr. 1-2||Vilnius||01103 => Jonas Pavyzdys / Gedimino pr. 1-2 / LT-01103 Vilnius / LITHUANIA
LV|Jānis Paraugs||Brīvības iela 1-5||Rīga||1010 => Jānis Paraugs / Brīvības iela 1-5 / Rīga, LV-1010 / LATVIA
EE|Mari Näidis||Viru 1-2||Tallinn||10140 => Mari Näidis / Viru 1-2 / 10140 Tallinn / ESTONIA
SI|Janez Primer||Slovenska cesta 1||Ljubljana||SI-1000 => Janez Primer / Slovenska cesta 1 / SI-1000 Ljubljana / SLOVENIA
HR|Ivan Primjer||Ilica 1||Zagreb||10000 => Ivan Primjer / Ilica 1 / HR-10000 Zagreb / CROATIA
MT|Maria Sample||1 Republic Street||Valletta||vlt1117 => Maria Sample / 1 Republic Street / Valletta VLT 1117 / MALTA
CY|Andreas Sample||Ledra 1||Nicosia||1011 => Andreas Sample / Ledra 1 / 1011 Nicosia / CYPRUS
TR|Ali Örnek||İstiklal Cad. No:1 D:3|Beyoğlu|Beyoğlu|istanbul|34433 => Ali Örnek / İstiklal Cad. No:1 D:3 / Beyoğlu / 34433 Beyoğlu/İstanbul / TÜRKIYE
US|Jane Sample||350 5th Ave|Apt 4B|New York|New York|10118 => Jane Sample / 350 5th Ave / Apt 4B / New York, NY 10118 / UNITED STATES
US|Jane Sample||1 Main St||Kansas City|kansas|66101-1234 => Jane Sample / 1 Main St / Kansas City, KS 66101-1234 / UNITED STATES
US|Sgt Sample||PSC 3 Box 1234||APO|AE|09021 => Sgt Sample / PSC 3 Box 1234 / APO, AE 09021 / UNITED STATES
CA|Jean Exemple||1000 rue Sherbrooke O|app. 3|Montréal|Québec|h3a3g4 => Jean Exemple / 1000 rue Sherbrooke O / app. 3 / Montréal QC H3A 3G4 / CANADA
CA|Jane Sample||111 Wellington St||Ottawa|ON|K1A 0A4 => Jane Sample / 111 Wellington St / Ottawa ON K1A 0A4 / CANADA
AU|Jane Sample||Unit 3/10 George St||Sydney|new south wales|2000 => Jane Sample / Unit 3/10 George St / Sydney NSW 2000 / AUSTRALIA
NZ|Jane Sample||1 Queen Street|Auckland CBD|Auckland||1010 => Jane Sample / 1 Queen Street / Auckland CBD / Auckland 1010 / NEW ZEALAND
JP|見本 太郎||千代田1-1||千代田区|東京都|〒100-8111 => 〒100-8111 / 東京都 / 千代田区千代田1-1 / 見本 太郎 / JAPAN
JP|Taro Mihon||1-1 Chiyoda||Chiyoda-ku|Tokyo|1008111 => Taro Mihon / 1-1 Chiyoda / Chiyoda-ku, Tokyo / 100-8111 / JAPAN
SG|Tan Sample||1 Raffles Place #10-01||Singapore||048616 => Tan Sample / 1 Raffles Place #10-01 / SINGAPORE 048616 / SINGAPORE
AE|Sample Trading||Office 12, Sheikh Zayed Road|PO Box 123|Dubai|Dubai| => Sample Trading / Office 12, Sheikh Zayed Road / PO Box 123 / Dubai / UNITED ARAB EMIRATES
HK|Chan Sample||Flat A, 10/F, 1 Nathan Road||Tsim Sha Tsui|Kowloon| => Chan Sample / Flat A, 10/F, 1 Nathan Road / Tsim Sha Tsui / Kowloon / HONG KONG
BR|João Exemplo||Av. Paulista 1000, apto 12|Bela Vista|São Paulo|São Paulo|01310100 => João Exemplo / Av. Paulista 1000, apto 12 / Bela Vista / São Paulo-SP / 01310-100 / BRAZIL
MX|Ana Ejemplo||Av. Juárez 1|Col. Centro|Ciudad de México|CDMX|06010 => Ana Ejemplo / Av. Juárez 1 / Col. Centro / 06010 Ciudad de México, CDMX / MEXICO
IN|Asha Sample||12 MG Road|Ashok Nagar|Bengaluru|karnataka|560 001 => Asha Sample / 12 MG Road / Ashok Nagar / Bengaluru 560001 / Karnataka / INDIA
KR|Hong Sample||12 Sejong-daero||Jung-gu|Seoul|04524 => Hong Sample / 12 Sejong-daero / Jung-gu / Seoul / 04524 / SOUTH KOREA
CN|样本||长安街1号||北京市|北京市|100 000 => 100000 / 北京市 / 长安街1号 / 样本 / CHINA
IL|Dana Sample||1 Rothschild Blvd||Tel Aviv||6688101 => Dana Sample / 1 Rothschild Blvd / Tel Aviv 6688101 / ISRAEL
ZA|Thabo Sample||1 Long Street|Gardens|Cape Town|Western Cape|8001 => Thabo Sample / 1 Long Street / Gardens / Cape Town / 8001 / SOUTH AFRICA
"""  # noqa: E501
FIELDS = ("country", "name", "company", "line1", "line2", "city", "region", "postal_code")


def cases() -> list[tuple[str, list[str]]]:
    """Return what is typed, and the lines of its label."""
    rows = [row.split(" => ") for row in TYPED.strip().splitlines()]
    return [(typed, printed.split(" / ")) for typed, printed in rows]


def test_the_table_has_sixty_addresses_of_thirty_countries() -> None:
    assert len(cases()) >= 60
    assert len({typed[:2] for typed, _ in cases()}) >= 30


@pytest.mark.parametrize(("typed", "printed"), cases())
def test_an_address_is_accepted_and_printed_right(typed: str, printed: list[str]) -> None:
    given: dict[str, Any] = dict(zip(FIELDS, typed.split("|"), strict=True))

    address = AddressSchema().load(given)

    assert label_lines(address) == printed
    # What was written is kept for the label; only the postal code is rewritten.
    written = {name: text for name, text in given.items() if name != "postal_code" and text}
    assert {name: address[name] for name in written} == written
    # Once more: what is stored loads and prints the same.
    assert AddressSchema().load(address) == address


@pytest.mark.parametrize(
    ("country", "typed", "code"),
    [
        ("US", "california", "CA"),
        ("IT", "Rome", "RM"),
        ("IT", "Roma", "RM"),
        ("ES", "Sevilla", "SE"),
        ("ES", "Seville", "SE"),
        ("CA", "quebec", "QC"),
        ("JP", "東京都", "13"),
        ("JP", "Tokyo-to", "13"),
        ("IE", "County Cork", "CO"),
        ("CN", "Shanghai", "31"),
        ("AE", "Dubai", "DU"),
        ("BR", "Sao Paulo", "SP"),
    ],
)
def test_regions_are_known_by_local_and_english_names(country: str, typed: str, code: str) -> None:
    region = rules(country).region(typed)

    assert region is not None
    assert region.code == code


def test_an_unknown_region_is_no_reason_to_refuse() -> None:
    given = {"name": "A", "line1": "1 Main St", "city": "Springfield", "postal_code": "12345",
             "region": "Somewhere", "country": "US"}  # fmt: skip

    assert label_lines(AddressSchema().load(given))[2] == "Springfield, Somewhere 12345"


@pytest.mark.parametrize(
    ("typed", "country", "read"),
    [
        ("0421 12345", "DE", "+4942112345"),
        ("+49 (421) 123-45", "US", "+4942112345"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("ask at the office", "DE", None),
        ("12", "US", None),
        (None, "DE", None),
    ],
)
def test_phones_are_read_or_flagged(typed: str | None, country: str, read: str | None) -> None:
    assert phone_e164(typed, country) == read


def test_a_refusal_says_how_a_code_looks() -> None:
    said = address_errors({"country": "PL", "postal_code": "123", "region": None})

    assert said == {"postal_code": "This is not a postal code of PL: one looks like 00-950."}


def test_storefronts_read_the_form_of_a_country(app: Flask) -> None:
    client: FlaskClient = app.test_client()

    listed = client.get("/api/v1/countries").json
    form = client.get("/api/v1/countries/us").json["form"]

    assert len(listed["data"]) == 249
    assert {"code": "DE", "name": "Germany"} in listed["data"]
    by_name = {field["name"]: field for field in form}
    assert list(by_name) == [
        "name", "company", "line1", "line2", "city", "region", "postal_code", "phone"
    ]  # fmt: skip
    assert (by_name["postal_code"]["label"], by_name["region"]["label"]) == ("ZIP code", "State")
    assert by_name["region"]["required"]
    assert {"code": "CA", "name": "California"} in by_name["region"]["choices"]
    unknown = client.get("/api/v1/countries/XX")
    assert (unknown.status_code, unknown.json["code"]) == (404, "country_not_found")


def test_the_form_of_a_city_state_asks_for_no_city(app: Flask) -> None:
    form = app.test_client().get("/api/v1/countries/SG").json["form"]
    given = {"name": "A", "line1": "1 Raffles Place", "postal_code": "048616", "country": "SG"}

    assert "city" not in {field["name"] for field in form}
    assert AddressSchema().load(given)["city"] == "Singapore"


@pytest.mark.parametrize("country", [{"code": "DE"}, ["DE"], 49, None, ""])
def test_a_country_that_is_no_text_is_refused_and_not_a_bug(country: Any) -> None:
    typed = {"name": "Ada", "line1": "Am Wall 1", "postal_code": "28195", "city": "Bremen"}

    assert [*AddressSchema().validate({**typed, "country": country})] == ["country"]
