"""Approvals: what waits for a second person, and how each kind is carried out.

`platform.approvals` holds the table and `hold`, with which a command puts itself there.
"""
