"""Reads of the catalog: storefront pages and lists, admin lists and details, exports, lookups."""
