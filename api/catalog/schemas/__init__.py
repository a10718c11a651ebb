"""Forms of the catalogue: what storefronts read, what staff may write."""
