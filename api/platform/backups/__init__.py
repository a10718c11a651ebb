"""Backups of the whole shop: made, kept, given back, and proved by giving one back.

A backup is a folder with a dump of the database and the settings without their secrets; pictures
lie in a pool beside the folders, each once, because they never change. The manifest is written
last: a backup without one is not there.
"""
