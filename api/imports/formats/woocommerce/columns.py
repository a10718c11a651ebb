"""Which columns are read, as WooCommerce names them in the language of the site.

In English first; then as exports and shops in German, Spanish, French and Dutch have them. A site
in another language, or with words of its own, tells which column is which: see `header_mapping`.
"""

_WEIGHTS = ("Weight", "Gewicht", "Peso", "Poids")
_UNITS = ("kg", "g", "lbs", "lb", "oz")

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("ID",),
    "type": ("Type", "Typ", "Tipo"),
    "sku": ("SKU", "Artikelnummer", "UGS"),
    "barcode": (
        *("GTIN, UPC, EAN, or ISBN", "GTIN", "GTIN, UPC, EAN oder ISBN"),
        *("GTIN, UPC, EAN o ISBN", "GTIN, UPC, EAN ou ISBN", "GTIN, UPC, EAN of ISBN"),
    ),
    "title": ("Name", "Nombre", "Nom", "Naam"),
    "published": ("Published", "Veröffentlicht", "Publicado", "Publié", "Gepubliceerd"),
    "visibility": (
        *("Visibility in catalog", "Visibility", "Sichtbarkeit im Katalog"),
        *("Visibilidad en el catálogo", "Visibilité dans le catalogue"),
        "Zichtbaarheid in catalogus",
    ),
    "short_description": (
        *("Short description", "Kurzbeschreibung", "Descripción corta", "Description courte"),
        *("Korte beschrijving", "Korte omschrijving"),
    ),
    "description": ("Description", "Beschreibung", "Descripción", "Beschrijving"),
    "sale_starts": (
        *("Date sale price starts", "Datum, an dem Angebotspreis beginnt"),
        *("Día en que empieza el precio rebajado", "Date de début de promo"),
        "Startdatum actieprijs",
    ),
    "sale_ends": (
        *("Date sale price ends", "Datum, an dem Angebotspreis endet"),
        *("Día en que termina el precio rebajado", "Date de fin de promo"),
        "Einddatum actieprijs",
    ),
    "tax_status": (
        *("Tax status", "Steuerstatus", "Estado del impuesto", "État de la TVA", "Btw status"),
    ),
    "tax_class": (
        *("Tax class", "Steuerklasse", "Clase de impuesto", "Classe de TVA", "Classe TVA"),
        "Belastingklasse",
    ),
    "in_stock": ("In stock?", "Vorrätig?", "¿Existencias?", "En stock ?", "Op voorraad?"),
    "quantity": ("Stock", "Bestand", "Lager", "Inventario", "Voorraad"),
    "weight": (
        *(f"{word} ({unit})" for word in _WEIGHTS for unit in _UNITS),
        "Weight",
    ),
    "sale_price": ("Sale price", "Angebotspreis", "Precio rebajado", "Tarif promo", "Actieprijs"),
    "price": (
        *("Regular price", "Regulärer Preis", "Precio normal", "Tarif régulier"),
        "Reguliere prijs",
    ),
    "categories": ("Categories", "Kategorien", "Categorías", "Catégories", "Categorieën"),
    "tags": ("Tags", "Schlagwörter", "Etiquetas", "Étiquettes"),
    "images": ("Images", "Bilder", "Imágenes", "Afbeeldingen"),
    "parent": ("Parent", "Übergeordnetes Produkt", "Superior", "Hoofd"),
    "position": ("Position", "Posición", "Positie"),
    "seo_title": tuple(
        f"{word}: {key}"
        for word in ("Meta", "Méta ")
        for key in ("_yoast_wpseo_title", "rank_math_title")
    ),
    "seo_description": tuple(
        f"{word}: {key}"
        for word in ("Meta", "Méta ")
        for key in ("_yoast_wpseo_metadesc", "rank_math_description")
    ),
    "vendor": ("Brands", "Brand", "Marken", "Marcas", "Marques", "Merken"),
}
NEEDED = ("title",)
ITS_OWN = ("type", "published", "price", "sale_price", "short_description", "in_stock")
"""Columns of which a file of theirs has one at least."""
MOST_ATTRIBUTES = 60
"""Attributes that are looked for: as many as a sensible file has."""

_ATTRIBUTES = {
    "name": (
        *("Attribute {} name", "Attribut {} Name", "Nombre del atributo {}"),
        *("Nom de l'attribut {}", "Naam eigenschap {}"),
    ),
    "values": (
        *("Attribute {} value(s)", "Attribut {} Wert(e)", "Valor(es) del atributo {}"),
        *("Valeur(s) de l'attribut {}", "Waarde eigenschap {}"),
    ),
}
for _number in range(1, MOST_ATTRIBUTES + 1):
    for _what, _names in _ATTRIBUTES.items():
        COLUMNS[f"attribute{_number}_{_what}"] = tuple(name.format(_number) for name in _names)

GRAMS = {"kg": "1000", "g": "1", "lbs": "453.59237", "lb": "453.59237", "oz": "28.349523125"}
"""What one of a unit weighs; WooCommerce writes the unit into the header."""
