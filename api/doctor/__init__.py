"""The doctor: consistency checks of goods, orders and money, recomputed from the rows.

Each invariant is one query that returns nothing in a consistent shop. The doctor only reads, unless
it is run with `--fix`: then it adds compensating rows and recomputes derived columns, and never
changes money. It runs by command, by API request and every night; its last result is stored.
"""
