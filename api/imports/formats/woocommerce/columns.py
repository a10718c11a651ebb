"""Which columns are read, as WooCommerce names them in English."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("ID",),
    "type": ("Type",),
    "sku": ("SKU",),
    "barcode": ("GTIN, UPC, EAN, or ISBN", "GTIN"),
    "title": ("Name",),
    "published": ("Published",),
    "visibility": ("Visibility in catalog", "Visibility"),
    "short_description": ("Short description",),
    "description": ("Description",),
    "sale_starts": ("Date sale price starts",),
    "sale_ends": ("Date sale price ends",),
    "tax_status": ("Tax status",),
    "tax_class": ("Tax class",),
    "in_stock": ("In stock?",),
    "quantity": ("Stock",),
    "weight": ("Weight (kg)", "Weight (g)", "Weight (lbs)", "Weight (lb)", "Weight (oz)", "Weight"),
    "sale_price": ("Sale price",),
    "price": ("Regular price",),
    "categories": ("Categories",),
    "tags": ("Tags",),
    "images": ("Images",),
    "parent": ("Parent",),
    "position": ("Position",),
    "seo_title": ("Meta: _yoast_wpseo_title", "Meta: rank_math_title"),
    "seo_description": ("Meta: _yoast_wpseo_metadesc", "Meta: rank_math_description"),
    "vendor": ("Brands", "Brand"),
}
NEEDED = ("type", "title")
MOST_ATTRIBUTES = 60
"""Attributes that are looked for: as many as a sensible file has."""

for _number in range(1, MOST_ATTRIBUTES + 1):
    COLUMNS[f"attribute{_number}_name"] = (f"Attribute {_number} name",)
    COLUMNS[f"attribute{_number}_values"] = (f"Attribute {_number} value(s)",)

GRAMS = {"kg": "1000", "g": "1", "lbs": "453.59237", "lb": "453.59237", "oz": "28.349523125"}
"""What one of a unit weighs; WooCommerce writes the unit into the header."""
