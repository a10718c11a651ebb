"""From a fact to an e-mail in a mailbox: what to write, and how it is sent."""
