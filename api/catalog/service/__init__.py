"""Writes of the catalog: products, variants, prices, categories, collections, attributes, media."""
