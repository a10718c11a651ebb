"""The doctor: every promise about goods, orders and money, recomputed from the rows.

Each invariant is one question whose answer is empty in a sound shop. The doctor only reads, unless
it is asked to mend: then it adds compensating rows and derives columns anew, and never touches
money. It runs by command, by request and each night; its last result is kept.
"""
