"""A small storefront for the demo shop: plain HTML, one style sheet and a few ES modules.

It shows how a storefront talks to the API from a browser on another origin, and lets a person buy.
`pages` is what the browser loads, `server` hands it out, `service` starts that. No build step and
nothing from other hosts, except Stripe.js where the shop uses Stripe itself.
"""
