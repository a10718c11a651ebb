"""Moving in: product files of another shop become products, variants, pictures and opening stock.

A file is kept in the database until it is read, so that any worker may read it and go on where
another one was stopped. Reading twice changes nothing the second time. What the columns mean
lives in `shopify`; what becomes of them is the catalogue's and the inventory's own business.
"""
