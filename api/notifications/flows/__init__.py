"""From a fact to a letter in a mailbox: what to write, and how it is sent."""
