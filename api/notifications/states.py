"""Which letters there are, and where one may go."""

from enum import StrEnum

from api.kernel.states import StateMachine


class LetterKind(StrEnum):
    """What a letter is about; each has a template of this name."""

    ORDER_RECEIVED = "order_received"
    ORDER_CONFIRMED = "order_confirmed"
    ORDER_SHIPPED = "order_shipped"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_REFUNDED = "order_refunded"
    WELCOME = "welcome"
    REGISTRATION_REPEATED = "registration_repeated"
    PASSWORD_RESET = "password_reset"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    LOW_STOCK = "low_stock"
    ATTENTION = "attention"
    REFUND_FAILED = "refund_failed"
    BACK_IN_STOCK = "back_in_stock"
    PARCEL_CORRECTED = "parcel_corrected"
    STAFF_INVITATION = "staff_invitation"


class LetterStatus(StrEnum):
    """How far a letter has come."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


LETTER = StateMachine(
    "The letter",
    initial=LetterStatus.PENDING,
    commands={
        # A claim that ran out may be taken over: its worker is gone.
        "claim": {
            LetterStatus.PENDING: LetterStatus.SENDING,
            LetterStatus.SENDING: LetterStatus.SENDING,
        },
        "record": {LetterStatus.SENDING: LetterStatus.SENT},
        "reject": {LetterStatus.SENDING: LetterStatus.FAILED},
        "put_back": {LetterStatus.SENDING: LetterStatus.PENDING},
        "resend": {
            LetterStatus.SENT: LetterStatus.PENDING,
            LetterStatus.FAILED: LetterStatus.PENDING,
            LetterStatus.PENDING: LetterStatus.PENDING,
            # Only when the claim ran out: see service.resend.
            LetterStatus.SENDING: LetterStatus.PENDING,
        },
    },
)
