"""How codes come in: one buffer, one grammar, one ordered queue with one consumer.

`entry` turns key presses into codes, typed lines and commands, by rules and never by timing.
`codes` and `gs1` read what was scanned. `intake` hands everything on strictly one by one.
"""
