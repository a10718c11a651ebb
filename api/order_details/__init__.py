"""Everything there is to know about one order, on one page for staff.

Orders, money, refunds and parcels live in houses that are strangers to one another; the case file
stands above them and asks each in turn. It only reads.
"""
