"""The ground: pure values and rules of arithmetic that the whole shop stands on.

Standard library only. Money, ids, time, refusals, transitions, facts, permissions and who is
acting. Nothing here knows a database, a request or a framework.
"""
