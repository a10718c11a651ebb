"""The roof: puts the console together and decides what follows from every key, code and message.

`application` takes keys and messages, `navigation` goes from screen to screen, `anywhere` holds
what can be done on all of them, `driver` reads the keyboard, `first_rows` paints before
Textual is loaded, `start` begins and ends it all.
"""
