"""Event handlers that send e-mails. All of these use the mail server, so they span transactions."""

from api.accounts.events import (
    CustomerRegistered,
    EmailVerificationRequested,
    PasswordChanged,
    PasswordResetRequested,
    RegistrationRepeated,
    SecondFactorReset,
    StaffInvited,
)
from api.back_in_stock.events import BackInStockDue
from api.fulfilment.events import (
    FulfilmentCorrected,
    FulfilmentDelivered,
    FulfilmentReady,
    FulfilmentShipped,
    FulfilmentVoided,
)
from api.inventory.events import StockLow
from api.kernel.money import Money
from api.notifications import service
from api.notifications.events import EmailResendRequested
from api.notifications.flows import (
    account_emails,
    emails,
    gift_cards,
    order_links,
    pickup_emails,
    return_emails,
    sending,
    staff_emails,
    supplier_emails,
)
from api.orders.events import (
    OrderAmended,
    OrderCancelled,
    OrderLinkRequested,
    OrderLookUpRequested,
    OrderPaid,
    OrderPlaced,
)
from api.payments.events import RefundFailed, RefundSucceeded
from api.platform.approvals import ApprovalRequested
from api.platform.attention import AttentionRaised
from api.platform.db import transaction
from api.platform.jobs import manages_own_transactions
from api.purchasing.events import PurchaseOrderEmailRequested
from api.returns.events import ReturnApproved, ReturnRejected, WithdrawalConfirmed
from api.stored_value.events import GiftCardDue


@manages_own_transactions
def on_order_placed(fact: OrderPlaced) -> None:
    """A customer ordered: whoever pays another way than by card needs to know how."""
    emails.order_received(fact.order_id)


@manages_own_transactions
def on_order_amended(fact: OrderAmended) -> None:
    """A customer changed an order that is not paid yet: what to pay may be another amount now."""
    emails.order_amended(fact.order_id, fact.amendment_id, fact.amended_at)


@manages_own_transactions
def on_order_paid(fact: OrderPaid) -> None:
    """The money is here: the order is confirmed."""
    emails.order_confirmed(fact.order_id)


@manages_own_transactions
def on_fulfilment_shipped(fact: FulfilmentShipped) -> None:
    """A parcel is on its way."""
    emails.order_shipped(fact.fulfilment_id, fact.order_id)


@manages_own_transactions
def on_fulfilment_corrected(fact: FulfilmentCorrected) -> None:
    """A parcel is followed by another number than was told."""
    emails.parcel_corrected(fact.fulfilment_id, fact.order_id, fact.correction_id)


@manages_own_transactions
def on_fulfilment_delivered(fact: FulfilmentDelivered) -> None:
    """A parcel arrived."""
    emails.order_delivered(fact.fulfilment_id, fact.order_id)


@manages_own_transactions
def on_fulfilment_ready(fact: FulfilmentReady) -> None:
    """Goods wait for their customer."""
    pickup_emails.order_ready(fact.fulfilment_id, fact.order_id)


@manages_own_transactions
def on_fulfilment_voided(fact: FulfilmentVoided) -> None:
    """A parcel is not on its way after all."""
    emails.parcel_voided(fact.fulfilment_id, fact.order_id)


@manages_own_transactions
def on_order_cancelled(fact: OrderCancelled) -> None:
    """An order will not be carried out."""
    emails.order_cancelled(fact.order_id, fact.reason)


@manages_own_transactions
def on_refund_succeeded(fact: RefundSucceeded) -> None:
    """Money went back."""
    emails.order_refunded(fact.refund_id, fact.order_id, Money(fact.amount, fact.currency))


@manages_own_transactions
def on_refund_failed(fact: RefundFailed) -> None:
    """Money could not go back: a person has to find another way."""
    amount = Money(fact.amount, fact.currency)
    emails.refund_failed(fact.refund_id, fact.order_id, amount, fact.reason)


@manages_own_transactions
def on_order_link_requested(event: OrderLinkRequested) -> None:
    """A customer is to pay or see an order by a link."""
    order_links.order_link(event.link_id)


@manages_own_transactions
def on_order_look_up_requested(event: OrderLookUpRequested) -> None:
    """Somebody asked for a link to an order, which perhaps does not exist."""
    order_links.answer_look_up(event.look_up_id)


@manages_own_transactions
def on_return_approved(event: ReturnApproved) -> None:
    """Goods may be sent back."""
    return_emails.return_approved(event.return_id, event.order_id)


@manages_own_transactions
def on_return_rejected(event: ReturnRejected) -> None:
    """A return was rejected."""
    return_emails.return_rejected(event.return_id, event.order_id)


@manages_own_transactions
def on_withdrawal_confirmed(event: WithdrawalConfirmed) -> None:
    """A consumer withdrew from a contract."""
    return_emails.withdrawal_receipt(event.withdrawal_id)


@manages_own_transactions
def on_gift_card_due(event: GiftCardDue) -> None:
    """A gift card that was bought is to be sent."""
    gift_cards.gift_card(event.card_id, event.code_version)


@manages_own_transactions
def on_attention_raised(fact: AttentionRaised) -> None:
    """Something needs a person."""
    emails.attention_raised(fact.item_id)


@manages_own_transactions
def on_approval_requested(fact: ApprovalRequested) -> None:
    """A command waits for a second person."""
    staff_emails.approval_requested(fact.command_id)


@manages_own_transactions
def on_purchase_order_email_requested(event: PurchaseOrderEmailRequested) -> None:
    """Send a purchase order to its supplier."""
    supplier_emails.purchase_order(event.purchase_order_id, command_id=event.command_id)


@manages_own_transactions
def on_stock_low(fact: StockLow) -> None:
    """Something has to be ordered before it is gone."""
    emails.low_stock(
        fact.level_id, fact.crossing_id, available=fact.available, threshold=fact.threshold
    )


@manages_own_transactions
def on_back_in_stock_due(fact: BackInStockDue) -> None:
    """What somebody waited for is there again."""
    emails.back_in_stock(fact.request_id)


@manages_own_transactions
def on_customer_registered(fact: CustomerRegistered) -> None:
    """Someone opened an account."""
    account_emails.welcome(fact.customer_id)


@manages_own_transactions
def on_registration_repeated(fact: RegistrationRepeated) -> None:
    """Someone tried to open an account that exists."""
    account_emails.registration_repeated(fact.customer_id, fact.attempt_id)


@manages_own_transactions
def on_email_verification_requested(event: EmailVerificationRequested) -> None:
    """A customer is to prove that an address is theirs."""
    account_emails.email_verification(event.request_id)


@manages_own_transactions
def on_password_reset_requested(fact: PasswordResetRequested) -> None:
    """Someone forgot a password."""
    account_emails.password_reset(fact.request_id)


@manages_own_transactions
def on_second_factor_reset(fact: SecondFactorReset) -> None:
    """Somebody's second factor was taken away."""
    account_emails.second_factor_reset(fact.user_id, fact.reset_id)


@manages_own_transactions
def on_staff_invited(fact: StaffInvited) -> None:
    """Somebody is asked onto the staff."""
    account_emails.staff_invitation(fact.invitation_id)


@manages_own_transactions
def on_password_changed(fact: PasswordChanged) -> None:
    """An account has a new password."""
    account_emails.password_changed(fact.user_id, fact.change_id)


@manages_own_transactions
def on_email_resend_requested(fact: EmailResendRequested) -> None:
    """Staff want an e-mail to go out again."""
    sending.send_again(fact.email_id)


def cancel_outdated_emails() -> None:
    """End the e-mails that nobody will send any more, because what they tell had changed."""
    with transaction():
        service.cancel_outdated()
