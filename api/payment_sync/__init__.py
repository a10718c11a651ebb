"""Where money meets orders: what the provider says is taken over, whoever brings the news.

Webhook, customer and sweep all end in the same function, which may run any number of times. It
stands one floor above orders and payments, which are strangers, and one below checkout and
returns, which both need it and may not need each other.
"""
