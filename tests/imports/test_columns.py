"""Which column is which: in the language of the site, or as somebody says."""

import csv
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.models.products import Product, Variant
from api.imports import flows as imports_flows
from api.imports import queries as imports_queries
from api.imports.formats.decoding import SheetUnreadable
from api.imports.formats.detect import open_reader
from api.imports.formats.header_mapping import pairs
from api.imports.policy import FileFormat
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.moving import counts_of, failed_file_of, moved_in, problems_of
from tests.support.people import a_staff_member
from tests.support.stock import a_location, counters

# The first rows of exports in each language, with what stands under them.
GERMAN = (
    'ID,Typ,Artikelnummer,"GTIN, UPC, EAN oder ISBN",Name,Veröffentlicht,"Ist hervorgehoben?",'
    '"Sichtbarkeit im Katalog",Kurzbeschreibung,Beschreibung,"Datum, an dem Angebotspreis beginnt",'
    '"Datum, an dem Angebotspreis endet",Steuerstatus,Steuerklasse,Vorrätig?,Bestand,'
    '"Gewicht (kg)",Angebotspreis,"Regulärer Preis",Kategorien,Schlagwörter,Bilder,'
    '"Übergeordnetes Produkt",Position,Marken,"Attribut 1 Name","Attribut 1 Wert(e)"'
)
SPANISH = (
    'ID,Tipo,SKU,"GTIN, UPC, EAN o ISBN",Nombre,Publicado,"¿Está destacado?",'
    '"Visibilidad en el catálogo","Descripción corta",Descripción,'
    '"Día en que empieza el precio rebajado","Día en que termina el precio rebajado",'
    '"Estado del impuesto","Clase de impuesto",¿Existencias?,Inventario,"Peso (kg)",'
    '"Precio rebajado","Precio normal",Categorías,Etiquetas,Imágenes,Superior,Posición,Marcas,'
    '"Nombre del atributo 1","Valor(es) del atributo 1"'
)
FRENCH = (
    'ID,Type,UGS,"GTIN, UPC, EAN ou ISBN",Nom,Publié,"Mis en avant ?",'
    '"Visibilité dans le catalogue","Description courte",Description,"Date de début de promo",'
    '"Date de fin de promo","État de la TVA","Classe de TVA","En stock\u00a0?",Stock,"Poids (kg)",'
    '"Tarif promo","Tarif régulier",Catégories,Étiquettes,Images,Parent,Position,Marques,'
    '"Nom de l’attribut 1","Valeur(s) de l’attribut 1 "'
)
DUTCH = (
    'ID,Type,SKU,"GTIN, UPC, EAN of ISBN",Naam,Gepubliceerd,Uitgelicht?,'
    '"Zichtbaarheid in catalogus","Korte beschrijving",Beschrijving,"Startdatum actieprijs",'
    '"Einddatum actieprijs","Btw status",Belastingklasse,"Op voorraad?",Voorraad,"Gewicht (kg)",'
    'Actieprijs,"Reguliere prijs",Categorieën,Tags,Afbeeldingen,Hoofd,Positie,Merken,'
    '"Naam eigenschap 1","Waarde eigenschap 1"'
)
ROWS = (
    "10,variable,HOOD,,Hoodie,1,0,visible,Soft,Warm,,,taxable,,1,,,,,Clothing > Hoodies,warm,"
    "https://cdn.test/a.jpg,,0,Kiln,Colour,Red",
    '11,variation,HOOD-R,4006381333931,Hoodie - Red,1,0,visible,,,,,taxable,,1,7,"0,25","17,50",'
    '"20,00",,,,id:10,1,,Colour,Red',
)


@pytest.mark.parametrize("header", [GERMAN, SPANISH, FRENCH, DUTCH])
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_site_writes_its_columns_in_its_language(app: Flask, header: str, separator: str) -> None:
    """And its decimals with a comma."""
    lines = [header, *ROWS]
    if separator == ";":
        lines = [_with_semicolons(line) for line in lines]
    found = moved_in("\r\n".join(lines).encode())

    assert (found["format"], problems_of(found)) == ("woocommerce", [])
    assert counts_of(found) == (1, 0, 0, 0)
    unread = found["result"]["ignored_columns"]
    assert len(unread) == 1
    product = session.scalars(select(Product)).one()
    assert (product.title, product.vendor, product.tags) == ("Hoodie", "Kiln", ["warm"])
    assert (product.description, product.options) == ("Soft\nWarm", ["Colour"])
    variant = session.scalars(select(Variant)).one()
    assert (variant.sku, variant.weight_grams, variant.barcode) == (
        "HOOD-R", 250, "4006381333931",
    )  # fmt: skip
    assert counters(variant.id).on_hand == 7


def _with_semicolons(line: str) -> str:
    """Write a row as spreadsheets do where the comma is for decimals."""
    return ";".join(f'"{cell}"' for cell in next(csv.reader([line])))


OWN = (
    "Nummer;Art;Artikelnr.;Bezeichnung;Preis;Gewicht (oz);SKU;Lagerstand\n"
    "1;simple;MUG;Mug;9.99;2;old;3\n2;simple;CUP;Cup;x;2;old;4\n"
)
NAMES = [
    *("Nummer=ID", "Art=Type", "Artikelnr.=SKU", "Bezeichnung=Name", "Preis=Regular price"),
    *("Gewicht (oz)=Weight (oz)", "lagerstand = Stock"),
]


def test_somebody_says_which_column_is_which(app: Flask) -> None:
    """Problems and rows that are handed back have the names of the file."""
    found = moved_in(OWN.encode(), columns=pairs(NAMES))

    assert found["format"] == "woocommerce"
    assert found["columns"]["Artikelnr."] == "SKU"
    assert found["result"]["ignored_columns"] == ["SKU"]
    assert problems_of(found) == [(3, "Preis", "x")]
    variant = session.scalars(select(Variant)).one()
    assert (variant.sku, variant.weight_grams) == ("MUG", 57)
    assert counters(variant.id).on_hand == 3
    handed_back = failed_file_of(found["id"])
    assert handed_back.startswith(b"Nummer;Art;Artikelnr.;Bezeichnung;Preis;")
    mended = moved_in(handed_back.replace(b";x;", b";7.50;"), columns=pairs(NAMES))
    assert counts_of(mended) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("kind", "header", "names"),
    [
        ("shopify", "Adresse,Titel,Preis\nmug,Mug,5.00\n", ["Adresse=Handle", "Titel=Title"]),
        ("csv", "Adresse,Titel,Nr,Preis\nmug,Mug,MUG,5.00\n",
         ["Adresse=slug", "Titel=title", "Nr=sku", "Preis=price EUR"]),
    ],
)  # fmt: skip
def test_columns_of_any_kind_of_file_may_be_named(
    app: Flask, kind: str, header: str, names: list[str]
) -> None:
    found = moved_in(header.encode(), columns=pairs(names))

    assert (found["format"], counts_of(found)) == (kind, (1, 0, 0, 0))


def test_stock_and_weights_by_other_names(app: Flask) -> None:
    """The unit and the place are in the name that a column is read as."""
    a_location("MAIN")
    content = b"slug,title,sku,Bestand\nmug,Mug,MUG,4\n"

    found = moved_in(content, columns=pairs(["Bestand=stock MAIN"]))

    assert found["result"]["stock_opened"] == 1
    assert counters(session.scalars(select(Variant.id)).one()).on_hand == 4


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Nummer"], "Artikelnummer=SKU"),
        (["=SKU"], "Artikelnummer=SKU"),
        (["Nummer=ID", "nummer=SKU"], "twice"),
        (["Farbe=SKU"], "The file has no column Farbe. It has: Nummer, Art, "),
        (["Art=Kind"], "Art is to be read as Kind"),
        (["Art=Type", "Nummer=Type"], "Both Art and Nummer are to be read as Type"),
        (["Art=Type"], "The columns Name are missing.*column=Bezeichnung=Name"),
    ],
)
def test_names_that_make_no_sense_are_refused(app: Flask, names: list[str], said: str) -> None:
    """Before anything is kept."""
    with pytest.raises(SheetUnreadable, match=said):
        imports_flows.check_file([OWN.encode()], FileFormat.WOOCOMMERCE, pairs(names))


def test_an_unknown_first_row_says_what_to_do(app: Flask) -> None:
    """Which columns each shop's file has, which this one has, and how to name them."""
    with pytest.raises(SheetUnreadable) as refused:
        open_reader([OWN.encode()])

    said = refused.value.detail
    for part in ("Handle and Title", "Name, ID or SKU, and Type", "column=Artikelnummer=SKU"):
        assert part in said
    assert "Nummer, Art, Artikelnr., Bezeichnung, Preis" in said
    with pytest.raises(SheetUnreadable, match="fields and no columns"):
        open_reader([b'{"slug": "mug"}\n'], names={"slug": "slug"})


def test_a_reader_that_takes_over_knows_the_names(app: Flask) -> None:
    """They are kept with the file."""
    with transaction():
        import_id = imports_flows.open_import(
            BytesIO(OWN.encode()), filename="x", currency="EUR", by=SYSTEM, columns=pairs(NAMES)
        )
    assert imports_flows.read_import(import_id) is True
    session.rollback()
    assert counts_of(imports_queries.get_import(import_id)) == (1, 0, 0, 1)


def test_columns_are_named_over_http_and_on_the_command_line(app: Flask, tmp_path: Path) -> None:
    anna = a_staff_member("manager")
    query = [("column", name) for name in NAMES]
    headers = {**anna.headers, "Idempotency-Key": "columns-1"}
    answer = app.test_client().post(
        "/api/v1/admin/imports",
        headers=headers,
        query_string=query,
        data=OWN.encode(),
        content_type="text/csv",
    )
    assert answer.status_code == 202
    assert answer.get_json()["columns"]["Bezeichnung"] == "Name"
    refused = app.test_client().post(
        "/api/v1/admin/imports",
        headers={**headers, "Idempotency-Key": "columns-2"},
        query_string=[("column", "Farbe=SKU"), ("format", "woocommerce")],
        data=OWN.encode(),
        content_type="text/csv",
    )
    assert (refused.status_code, refused.get_json()["code"]) == (422, "file_unreadable")

    file = tmp_path / "own.csv"
    file.write_text(OWN)
    options = [part for name in NAMES for part in ("--column", name)]
    told = app.test_cli_runner().invoke(args=["import-products", str(file), *options])
    assert told.exit_code == 1
    assert "row 3, Preis: 'x'" in told.output
