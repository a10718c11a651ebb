"""Scanned codes: what a code is, and what can be done with it next.

Each kind of thing with a printed code has one resolver in `queries.RESOLVERS`.
"""
