"""Several people at work at once: the change feed, and claims on orders.

Both are advisory: a claim blocks nobody, and a console that missed a change reloads in time.
"""
