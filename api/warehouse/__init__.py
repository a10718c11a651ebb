"""Work in the warehouse: counting, put-away, and filling the bins that are picked from.

Bins and stock levels belong to the inventory; here is who looks after them, and what is to do. A
count never stops picking: what is counted is compared with what was there at that moment.
"""
