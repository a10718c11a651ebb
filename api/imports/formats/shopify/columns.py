"""Which columns are read, by all the names that Shopify has given them over the years."""

# Ours, then theirs from the oldest export to the newest template; compared without case.
COLUMNS: dict[str, tuple[str, ...]] = {
    "handle": ("Handle", "URL handle"),
    "title": ("Title",),
    "description": ("Body (HTML)", "Body HTML", "Description"),
    "vendor": ("Vendor",),
    "product_type": ("Type", "Custom Product Type"),
    "taxonomy": ("Product Category", "Standardized Product Type"),
    "tags": ("Tags",),
    "published": ("Published", "Published on online store"),
    "status": ("Status",),
    "option1_name": ("Option1 Name",),
    "option1_value": ("Option1 Value",),
    "option2_name": ("Option2 Name",),
    "option2_value": ("Option2 Value",),
    "option3_name": ("Option3 Name",),
    "option3_value": ("Option3 Value",),
    "sku": ("Variant SKU", "SKU"),
    "barcode": ("Variant Barcode", "Barcode"),
    "grams": ("Variant Grams", "Weight value (grams)"),
    "quantity": ("Variant Inventory Qty", "Inventory quantity"),
    "price": ("Variant Price", "Price"),
    "compare_at": ("Variant Compare At Price", "Compare-at price"),
    "taxable": ("Variant Taxable", "Charge tax"),
    "image_url": ("Image Src", "Product image URL"),
    "image_position": ("Image Position",),
    "image_alt": ("Image Alt Text",),
    "seo_title": ("SEO Title",),
    "seo_description": ("SEO Description",),
    "variant_image_url": ("Variant Image", "Variant image URL"),
}
NEEDED = ("handle", "title")
