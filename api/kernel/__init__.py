"""The lowest layer: pure values and arithmetic that every other package uses.

Standard library only: money, ids, time, errors, state machines, events, permissions and the
principal who is acting. Nothing here knows a database, a request or a framework.
"""
