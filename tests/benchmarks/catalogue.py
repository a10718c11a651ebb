"""What is known of the first products of a measured shop without asking it."""

SIZES = ("S", "M", "L")
CATEGORIES = 10
SHIPPING = 490
TAX_PERCENT = 19
WORDS = (
    *("harbour", "sand", "moss", "stone", "oak", "linen", "copper", "ember", "river", "birch"),
    *("amber", "slate", "cedar", "clover", "willow", "mug", "bowl", "plate", "jug", "teapot"),
    *("kettle", "spoon", "knife", "board", "basket", "lamp", "chair", "stool", "shelf", "candle"),
)


def price_of(sku: str) -> int:
    """Return the price of a product of the file, in cents: 500 and its number."""
    return 500 + int(sku.split("-")[1])
