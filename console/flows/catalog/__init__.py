"""Looking through the catalog, choosing goods, and changing many of them at once.

`selection` is which products and variants are chosen, `edit_parsing` reads a typed change and
computes the new figures, `change_plan` is what each row would become, `results` what became of
each, `reducer` the steps from one to the other, `filters` which products the list shows.
"""
