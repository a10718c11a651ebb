"""Payment sync: the provider's state of payments, refunds and disputes is applied to orders.

Webhook, customer and sweep all call the same functions, which may run any number of times. The
package is one layer above orders and payments, which do not import each other, and one below
checkout and returns, which both need it and do not import each other.
"""
