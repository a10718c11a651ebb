"""Our own formats, which say everything: JSON Lines, a product a line, and CSV for spreadsheets.

What is written here and read again is the same to the letter. Both know the same documents; CSV
spreads one over rows. A field or column that is missing says nothing, an empty one empties.
"""
