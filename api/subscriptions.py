"""The one table that says which fact wakes which jobs, and when periodic jobs run."""

from datetime import timedelta

from api.accounts import jobs as accounts
from api.accounts.events import (
    CustomerRegistered,
    PasswordChanged,
    PasswordResetRequested,
    RegistrationRepeated,
    StaffInvited,
)
from api.aftersales import jobs as aftersales
from api.catalog import jobs as catalog
from api.catalog.events import (
    AttributeFilterChanged,
    CatalogueChanged,
    CollectionRulesChanged,
    MediaRemoved,
    MediaUploaded,
)
from api.checkout import jobs as checkout
from api.doctor import jobs as doctor
from api.doctor.events import DoctorRequested
from api.fulfilment import jobs as fulfilment
from api.fulfilment.events import FulfilmentCorrected, FulfilmentShipped, FulfilmentVoided
from api.imports import jobs as imports
from api.imports.events import ExportRequested, ImportRequested, ImportUndoRequested
from api.inventory import jobs as inventory
from api.inventory.events import StockRanLow, StockReturned
from api.notifications import jobs as letters
from api.notifications.events import LetterResendAsked
from api.orders.events import (
    OrderAmended,
    OrderCancelled,
    OrderCompleted,
    OrderPaid,
    OrderPlaced,
)
from api.payments import service as payments
from api.payments.events import (
    ProviderEventReceived,
    RefundFailed,
    RefundSucceeded,
)
from api.platform import audit, backfills, deliveries, idempotency, outbox, sweeps
from api.platform.attention import AttentionRaised
from api.platform.backfills import Backfill
from api.platform.backups import jobs as backups
from api.platform.jobs import Periodic, Work, name_of
from api.platform.outbox import Lane
from api.presence import jobs as presence
from api.settlement import flows as settlement
from api.settlement import jobs as settlement_jobs
from api.waitlist import jobs as waitlist
from api.waitlist.events import StockRequestAnswered


def _seal_audit_log() -> None:
    sweeps.in_batches(audit.seal_next)


def _forget_old_answers() -> None:
    sweeps.in_batches(idempotency.forget_old)


def _forget_old_facts() -> None:
    sweeps.in_batches(outbox.forget_old)


def _forget_old_provider_events() -> None:
    sweeps.in_batches(payments.forget_old_events)


BACKFILLS = (
    # Under a new name all products are looked at again: after a release that finds other words.
    Backfill("catalogue-1", catalog.refresh_some),
)

WORK = Work(
    subscribers={
        AttentionRaised: [letters.on_attention_raised],
        AttributeFilterChanged: [catalog.on_attribute_filter_changed],
        CatalogueChanged: [
            catalog.on_catalogue_changed,
            catalog.learn_search_words,
            catalog.gather_into_collections,
            inventory.on_catalogue_changed,
        ],
        CollectionRulesChanged: [catalog.fill_collection],
        CustomerRegistered: [letters.on_customer_registered],
        DoctorRequested: [doctor.on_doctor_requested],
        ExportRequested: [imports.on_export_requested],
        FulfilmentCorrected: [letters.on_fulfilment_corrected],
        FulfilmentShipped: [letters.on_fulfilment_shipped],
        FulfilmentVoided: [letters.on_fulfilment_voided],
        ImportRequested: [imports.on_import_requested],
        ImportUndoRequested: [imports.on_import_undo_requested],
        LetterResendAsked: [letters.on_letter_resend_asked],
        MediaRemoved: [catalog.on_media_removed],
        MediaUploaded: [catalog.on_media_uploaded],
        OrderAmended: [letters.on_order_amended],
        OrderCancelled: [fulfilment.on_order_cancelled, letters.on_order_cancelled],
        OrderCompleted: [fulfilment.on_order_completed],
        OrderPaid: [letters.on_order_paid],
        OrderPlaced: [letters.on_order_placed],
        PasswordChanged: [letters.on_password_changed],
        PasswordResetRequested: [letters.on_password_reset_requested],
        ProviderEventReceived: [settlement_jobs.apply_provider_event],
        RefundFailed: [aftersales.on_refund_failed, letters.on_refund_failed],
        RefundSucceeded: [letters.on_refund_succeeded],
        RegistrationRepeated: [letters.on_registration_repeated],
        StaffInvited: [letters.on_staff_invited],
        StockRanLow: [letters.on_stock_ran_low],
        StockRequestAnswered: [letters.on_stock_request_answered],
        StockReturned: [waitlist.on_stock_returned],
    },
    lanes={
        "aftersales": Lane.MONEY,
        "fulfilment": Lane.MONEY,
        "notifications": Lane.MAIL,
        # To many at once, after a delivery of goods or an import; nobody waits for them.
        name_of(letters.on_stock_ran_low): Lane.BULK_MAIL,
        name_of(letters.on_stock_request_answered): Lane.BULK_MAIL,
        "settlement": Lane.MONEY,
    },
    timetable=(
        Periodic(
            "carry-out-scheduled-prices", timedelta(seconds=10), catalog.carry_out_scheduled_prices
        ),
        Periodic("publish-due-products", timedelta(seconds=15), catalog.publish_due_products),
        Periodic("expire-holds", timedelta(minutes=1), inventory.expire_holds),
        Periodic(
            "refresh-stale-collections",
            timedelta(minutes=10),
            catalog.refresh_stale_collections,
            takes_long=True,
        ),
        Periodic("expire-unpaid-orders", timedelta(minutes=1), checkout.expire_unpaid_orders),
        Periodic(
            "resume-stalled-imports",
            timedelta(minutes=1),
            imports.resume_stalled,
            takes_long=True,
        ),
        Periodic("sweep-refunds", timedelta(minutes=1), settlement.sweep_refunds),
        Periodic("sweep-payments", timedelta(minutes=5), settlement.sweep_payments),
        Periodic("sweep-disputes", timedelta(minutes=15), settlement.sweep_disputes),
        Periodic("forget-gone-attempts", timedelta(hours=1), sweeps.forget_gone),
        Periodic("list-given-up-jobs", timedelta(minutes=10), deliveries.list_given_up),
        Periodic("give-orders-words", timedelta(minutes=5), fulfilment.give_orders_words),
        Periodic("give-up-moot-letters", timedelta(minutes=10), letters.give_up_moot_letters),
        Periodic("tell-waiting", timedelta(minutes=5), waitlist.tell_next),
        Periodic("forget-stock-requests", timedelta(hours=6), waitlist.forget_old),
        Periodic(
            "count-search-words",
            timedelta(hours=24),
            catalog.count_search_words,
            takes_long=True,
        ),
        Periodic("doctor", timedelta(hours=1), doctor.look_at_night, takes_long=True),
        Periodic("seal-audit-log", timedelta(minutes=1), _seal_audit_log),
        Periodic("forget-idle-carts", timedelta(hours=6), checkout.forget_idle_carts),
        Periodic("forget-old-files", timedelta(hours=1), imports.forget_old_files),
        Periodic("forget-old-changes", timedelta(minutes=10), presence.forget_old_changes),
        Periodic("forget-old-facts", timedelta(hours=1), _forget_old_facts),
        Periodic("forget-old-provider-events", timedelta(hours=6), _forget_old_provider_events),
        Periodic("forget-old-answers", timedelta(hours=1), _forget_old_answers),
        Periodic(
            "run-backfills",
            timedelta(minutes=1),
            lambda: backfills.run(BACKFILLS),
            takes_long=True,
        ),
        # Each looks once an hour whether a backup, or a proof, is due.
        Periodic("back-up", timedelta(hours=1), backups.back_up_when_due, takes_long=True),
        Periodic("prove-backup", timedelta(hours=1), backups.prove_when_due, takes_long=True),
        Periodic("forget-expired-tokens", timedelta(hours=1), accounts.forget_expired_tokens),
    ),
)
