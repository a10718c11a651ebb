"""Machinery without shop words: settings, database, wire, access, facts and jobs.

Everything here could serve another trade. What a shop sells, keeps or promises lives above.
"""
