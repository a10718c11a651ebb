"""Looking through the catalogue, choosing goods, and changing many of them at once.

`choosing` is which products and variants are meant, `edits` what is typed and the exact figures
that come of it, `plan` what each row would become, `outcome` what became of each, `rules` the
steps from the one to the other, `filters` which products the list shows.
"""
