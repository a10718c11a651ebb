"""A stand-in for Stripe on this machine: what the shop asks of Stripe, answered as Stripe would.

`service` starts it, `server` speaks HTTP, `account` keeps the objects and events of one Stripe
account, `webhooks` delivers the events, and `rules` holds what Stripe does with payments, refunds,
disputes, fraud warnings and payouts. `commands` makes happen by one command what otherwise a
customer, a bank or somebody at Stripe's dashboard does. `stripe.js` stands in for Stripe.js in a
storefront's pages.

The shapes in `shapes.json` are those of Stripe's published fixtures
(https://github.com/stripe/openapi, MIT licence). A parameter that this package does not know is
refused, never ignored, so that nobody relies on what only works here.
"""
