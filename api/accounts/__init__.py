"""People: customers and staff, how they come in, and where their parcels go.

One table of accounts with a kind; a customer's token can never carry what staff may do. Sign-ins
are rows that can be ended; refresh tokens rotate within one sign-in and a stolen one betrays
itself. What a role may do is data in `policy`. Letters to people are written elsewhere, from the
facts in `events`.
"""
