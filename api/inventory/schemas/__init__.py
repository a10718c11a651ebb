"""Request and response schemas of the inventory."""
