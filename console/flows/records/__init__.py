"""Records that have no screen of their own: what is shown of them and what may be done to them."""
