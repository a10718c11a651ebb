"""Request and response schemas of packing."""
