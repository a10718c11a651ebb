"""The commands that resolve each kind of item. A new kind is one line here."""

from collections.abc import Mapping
from enum import StrEnum

from api.platform.attention import AttentionKind


class Command(StrEnum):
    """How staff resolve an item; each is `POST /admin/attention/{item_id}/{command}`."""

    REFUND = "refund"
    LINK = "link"
    RETRY = "retry"
    DISCARD = "discard"
    ACCEPT = "accept"


COMMANDS: Mapping[AttentionKind, tuple[Command, ...]] = {
    AttentionKind.OVERPAID: (Command.REFUND, Command.ACCEPT),
    AttentionKind.WRONG_AMOUNT: (Command.ACCEPT,),
    AttentionKind.LATE_TRANSFER: (Command.REFUND, Command.ACCEPT),
    AttentionKind.ORPHAN_MONEY: (Command.LINK, Command.ACCEPT),
    AttentionKind.FAILED_REFUND: (Command.REFUND, Command.ACCEPT),
    AttentionKind.FOREIGN_REFUND: (Command.ACCEPT,),
    AttentionKind.DISPUTE: (Command.ACCEPT,),
    AttentionKind.FRAUD_WARNING: (Command.ACCEPT,),
    AttentionKind.FAILING_JOB: (Command.RETRY, Command.DISCARD, Command.ACCEPT),
    AttentionKind.DISCREPANCY: (Command.ACCEPT,),
    AttentionKind.VAT_ID_UNCHECKED: (Command.ACCEPT,),
    AttentionKind.WITHDRAWAL: (Command.ACCEPT,),
    AttentionKind.PRINTER_DOWN: (Command.ACCEPT,),
    AttentionKind.LABEL_UNCLEAR: (Command.ACCEPT,),
    AttentionKind.LABEL_UNUSED: (Command.ACCEPT,),
    AttentionKind.PARCEL_RETURNING: (Command.ACCEPT,),
}
