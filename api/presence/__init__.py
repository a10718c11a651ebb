"""What people at several desks must know of one another: what changed, and who is at which order.

Nothing here decides anything: a claim refuses nobody, and a missed change is read again in time.
"""
