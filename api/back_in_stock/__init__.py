"""Back in stock: who wants to be told when something can be had again, and who was.

One letter for each request, the oldest first, and never more letters than there are units: who is
told has a day before the next one is. Names of people and goods are read where they are kept.
"""
