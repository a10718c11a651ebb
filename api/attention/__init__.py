"""The attention list: problems that staff must look at, and the commands that resolve them.

Any package raises items through `platform.attention`; here staff read and resolve them. The package
is above returns and payments, because their functions resolve items.
"""
