"""The roof: puts the console together and decides what follows from every key, code and message.

`application` is the Textual app, `navigation` its trail of screens, `driver` reads the keyboard.
"""
