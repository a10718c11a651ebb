"""The only place that knows URLs, headers, tokens and JSON; it knows no terminal.

`models` and `shelf` are what the shop says, `errors` is how it says no, `caller` sends with
patience, `outbox` keeps every command until it is answered, `shop` puts it all together. Only
`http` imports httpx, and only after the first frame is on the screen.
"""
