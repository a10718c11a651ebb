"""Back in stock: subscriptions to be notified when a variant is available again.

One e-mail for each subscription, the oldest first, and never more e-mails than available units: who
is notified has a day before the next subscriber is.
"""
