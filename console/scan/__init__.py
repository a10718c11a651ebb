"""How codes come in: one buffer, one grammar, one ordered queue with one consumer.

`input_buffer` turns key presses into codes, typed lines and commands, by rules and never by timing.
`code_parsing` and `gs1` read what was scanned. `event_queue` hands everything on one by one.
"""
