"""Everything that can happen to a shop, at random, while everything that can break breaks."""
