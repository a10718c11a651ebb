"""WooCommerce's product CSV: one row per product or variation, in any order.

A variation names its parent, which may stand anywhere in the file. So the rows are put into order
first, in a temporary file on disk, and then read product by product.
"""
