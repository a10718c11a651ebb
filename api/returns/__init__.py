"""Cancel, refund, return: what happens after the sale, in the order of a person's request.

A refund case says which units and how much of the shipping go back, and why; the money itself is
payments' business, and the goods are inventory's.
"""
