"""Shopify's product CSV, in all three of its generations: what a file says, without a database.

One product takes several rows with the same handle: the first says what it is, each may name a
variant and a picture. An empty cell says nothing. The rows of a handle stand together; when they
do not, each run of them is read for itself and adds to the product that the first one made.
"""
