"""Which e-mails there are, and where one may go."""

from enum import StrEnum

from api.kernel.states import StateMachine


class EmailKind(StrEnum):
    """What an e-mail is about; each has a template of this name."""

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
    SECOND_FACTOR_RESET = "second_factor_reset"
    APPROVAL = "approval"
    ORDER_READY = "order_ready"
    GIFT_CARD = "gift_card"
    PAY_LINK = "pay_link"
    ORDER_LINK = "order_link"
    RETURN_APPROVED = "return_approved"
    RETURN_REJECTED = "return_rejected"
    WITHDRAWAL_RECEIPT = "withdrawal_receipt"
    EMAIL_VERIFICATION = "email_verification"
    PURCHASE_ORDER = "purchase_order"
    ORDER_DELIVERED = "order_delivered"


class EmailStatus(StrEnum):
    """How far an e-mail has come."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


EMAIL = StateMachine(
    "The e-mail",
    initial=EmailStatus.PENDING,
    commands={
        # A claim that ran out may be taken over: its worker is gone.
        "claim": {
            EmailStatus.PENDING: EmailStatus.SENDING,
            EmailStatus.SENDING: EmailStatus.SENDING,
        },
        "record": {EmailStatus.SENDING: EmailStatus.SENT},
        "reject": {EmailStatus.SENDING: EmailStatus.FAILED},
        "put_back": {EmailStatus.SENDING: EmailStatus.PENDING},
        "resend": {
            EmailStatus.SENT: EmailStatus.PENDING,
            EmailStatus.FAILED: EmailStatus.PENDING,
            EmailStatus.PENDING: EmailStatus.PENDING,
            # Only when the claim ran out: see service.resend.
            EmailStatus.SENDING: EmailStatus.PENDING,
        },
    },
)
