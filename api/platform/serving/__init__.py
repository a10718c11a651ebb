"""How connections are served: a gunicorn worker in which nobody who is slow holds a thread.

Whole requests wait in one loop until they are there; only then a thread carries one out, and what
it answers leaves through the same loop as fast as its reader takes it.
"""
