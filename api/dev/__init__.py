"""The whole shop on one machine that has nothing but Python.

`make run` and the tests need a real PostgreSQL, a real Redis, something that answers like Stripe
and a mailbox. This package starts them from Python packages, watches over them and stops them.
Every part that DATABASE_URL, REDIS_URL, STRIPE_SECRET_KEY or SMTP_URL names already is left out.

Nothing outside imports it, and production does not install what it needs.
"""
