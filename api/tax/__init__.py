"""Markets and taxes: which tax an order owes by destination, class, buyer and day.

`rules` is pure: treatments, the rates of a destination, and who is inside the EU for VAT. `queries`
finds the rules of a destination in one statement; `service` changes rates, markets and exemptions,
and reads and writes rates as CSV. The arithmetic of totals belongs to `pricing`.
"""
