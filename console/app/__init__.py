"""The app: wires the console together and handles every key, code and message.

`app` takes keys and messages, `router` goes from screen to screen, `global_actions` holds the
actions of all screens, `scan_routing` opens what a scan means, `first_rows` paints before Textual
is loaded, `run` starts and ends it all.
"""
