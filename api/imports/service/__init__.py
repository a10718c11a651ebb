"""Writes of imports and exports: keep a file, apply its batches, report on rows, undo, export."""
