"""E-mails: what customers and staff are told by e-mail. Listens to everyone, is called by nobody.

A fact wakes a job; the job writes the e-mail into a row, sends it outside of any transaction and
notes how that went. The row is unique for its cause and its reader, so a fact that is told twice
makes one e-mail. Staff see every e-mail and its fate, and may send one again.
"""
