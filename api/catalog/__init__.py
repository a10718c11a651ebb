"""What the shop sells: categories, products, their variants, prices and pictures.

Storefronts read it as finished bytes; staff and imports change it through `service`. It knows
nothing of how many units there are: inventory tells it only whether a variant is in stock.
"""
