"""The attention list: what a person must look at, and the commands that end it.

Any floor raises items through `platform.attention`; here staff read and resolve them. It stands
above refunds and payments, because resolving an item is their work.
"""
