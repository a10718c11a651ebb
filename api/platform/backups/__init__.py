"""Backups of the whole shop: create, list, restore, and verify by a test restore.

A backup is a folder with a database dump and the settings without secrets; pictures are stored in
a shared pool beside the folders, each once, because they never change. The manifest is written
last: a backup without one is incomplete and ignored.
"""
