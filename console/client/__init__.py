"""The only place that knows URLs, headers, tokens and JSON; it knows no terminal.

`models` and `catalog_models` are its answers, `errors` its errors, `api_client` sends with
retries, `outbox` keeps every command until it is answered, `services` holds them all. Only
`http` imports httpx, and only after the first frame is on the screen.
"""
