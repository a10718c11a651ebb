"""What can be done with accounts. The edge opens the transaction; nothing here commits."""

from api.accounts.service.people import load_principal

__all__ = ["load_principal"]
