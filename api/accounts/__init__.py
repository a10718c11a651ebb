"""Accounts of customers and staff: sign-in, sessions, roles, API keys, addresses.

One table of accounts with a kind; a customer's token never has staff permissions. Sign-ins are
rows that can be revoked; refresh tokens rotate within one sign-in, and reuse of a stolen one is
detected. The permissions of roles are in `roles`. E-mails to people are sent by `notifications`,
for the events in `events`.
"""
