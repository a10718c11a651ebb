"""Which event starts which jobs, in which lane they run, and when periodic jobs run."""

from datetime import timedelta

from api.accounts import jobs as accounts_jobs
from api.accounts.events import (
    CustomerRegistered,
    EmailVerificationRequested,
    EmailVerified,
    GroupEdited,
    PasswordChanged,
    PasswordResetRequested,
    RegistrationRepeated,
    SecondFactorReset,
    StaffInvited,
)
from api.back_in_stock import jobs as back_in_stock_jobs
from api.back_in_stock.events import BackInStockDue
from api.catalog import jobs as catalog_jobs
from api.catalog.events import (
    AttributeFilterChanged,
    CatalogChanged,
    CollectionRulesChanged,
    MediaRemoved,
    MediaUploaded,
    PriceListChanged,
)
from api.checkout import jobs as checkout_jobs
from api.doctor import jobs as doctor_jobs
from api.doctor.events import DoctorRequested
from api.draft_orders import jobs as draft_orders_jobs
from api.fulfilment import jobs as fulfilment_jobs
from api.fulfilment.events import (
    FulfilmentCancelled,
    FulfilmentCorrected,
    FulfilmentDelivered,
    FulfilmentReady,
    FulfilmentShipped,
    FulfilmentVoided,
)
from api.imports import jobs as imports_jobs
from api.imports.events import ExportRequested, ImportRequested, ImportUndoRequested
from api.inventory import jobs as inventory_jobs
from api.inventory.events import BackInStock, BackOrdersAllocated, StockLow
from api.notifications import jobs as notifications_jobs
from api.notifications.events import EmailResendRequested
from api.orders.events import (
    GiftCardsPaid,
    OrderAmended,
    OrderCancelled,
    OrderCompleted,
    OrderLinkRequested,
    OrderLookUpRequested,
    OrderPaid,
    OrderPlaced,
)
from api.packing import jobs as packing_jobs
from api.payment_sync import flows as payment_sync_flows
from api.payment_sync import jobs as payment_sync_jobs
from api.payments import service as payments_service
from api.payments.events import (
    ProviderEventReceived,
    RefundFailed,
    RefundSucceeded,
)
from api.picking import jobs as picking_jobs
from api.platform import approvals, audit, backfills, deliveries, idempotency, outbox, sweeps
from api.platform.approvals import ApprovalRequested, CommandDecided
from api.platform.attention import AttentionRaised
from api.platform.backfills import Backfill
from api.platform.backups import jobs as backups
from api.platform.jobs import JobRegistry, PeriodicJob, name_of
from api.platform.outbox import Lane
from api.presence import jobs as presence_jobs
from api.printing import jobs as printing_jobs
from api.printing.events import PrintRequested
from api.purchasing.events import PurchaseOrderEmailRequested
from api.returns import jobs as returns_jobs
from api.returns.events import (
    ExchangeCancelled,
    ReturnApproved,
    ReturnRejected,
    WithdrawalConfirmed,
)
from api.shipping_labels import jobs as label_jobs
from api.stored_value import jobs as stored_value_jobs
from api.stored_value.events import GiftCardDue
from api.warehouse import jobs as warehouse_jobs


def _seal_audit_log() -> None:
    sweeps.in_batches(audit.seal_next)


def _note_expired_approvals() -> None:
    sweeps.in_batches(approvals.note_expired)


def _purge_old_idempotency_keys() -> None:
    sweeps.in_batches(idempotency.purge_old)


def _purge_old_events() -> None:
    sweeps.in_batches(outbox.purge_old)


def _purge_old_provider_events() -> None:
    sweeps.in_batches(payments_service.purge_old_events)


BACKFILLS = (
    # A new name makes it process all products again, after a release that indexes other words.
    Backfill("catalogue-1", catalog_jobs.reindex_next),
)

WORK = JobRegistry(
    subscribers={
        ApprovalRequested: [notifications_jobs.on_approval_requested],
        CommandDecided: [warehouse_jobs.on_command_decided],
        AttentionRaised: [notifications_jobs.on_attention_raised],
        AttributeFilterChanged: [catalog_jobs.on_attribute_filter_changed],
        CatalogChanged: [
            catalog_jobs.on_catalog_changed,
            catalog_jobs.index_search_terms,
            catalog_jobs.update_collection_membership,
            inventory_jobs.on_catalog_changed,
        ],
        CollectionRulesChanged: [catalog_jobs.rebuild_collection],
        CustomerRegistered: [notifications_jobs.on_customer_registered],
        DoctorRequested: [doctor_jobs.on_doctor_requested],
        EmailVerificationRequested: [notifications_jobs.on_email_verification_requested],
        EmailVerified: [draft_orders_jobs.on_email_verified],
        ExportRequested: [imports_jobs.on_export_requested],
        FulfilmentCancelled: [label_jobs.on_parcel_changed],
        FulfilmentCorrected: [
            notifications_jobs.on_fulfilment_corrected,
            label_jobs.on_parcel_changed,
        ],
        FulfilmentDelivered: [notifications_jobs.on_fulfilment_delivered],
        FulfilmentReady: [notifications_jobs.on_fulfilment_ready],
        FulfilmentShipped: [
            notifications_jobs.on_fulfilment_shipped,
            picking_jobs.on_fulfilment_shipped,
            label_jobs.on_parcel_changed,
        ],
        FulfilmentVoided: [
            notifications_jobs.on_fulfilment_voided,
            label_jobs.on_parcel_changed,
        ],
        GiftCardDue: [notifications_jobs.on_gift_card_due],
        GiftCardsPaid: [fulfilment_jobs.on_gift_cards_paid],
        ImportRequested: [imports_jobs.on_import_requested],
        ImportUndoRequested: [imports_jobs.on_import_undo_requested],
        EmailResendRequested: [notifications_jobs.on_email_resend_requested],
        MediaRemoved: [catalog_jobs.on_media_removed],
        MediaUploaded: [catalog_jobs.on_media_uploaded],
        OrderAmended: [notifications_jobs.on_order_amended],
        OrderCancelled: [
            fulfilment_jobs.on_order_cancelled,
            notifications_jobs.on_order_cancelled,
            packing_jobs.on_order_cancelled,
            picking_jobs.on_order_cancelled,
        ],
        OrderCompleted: [fulfilment_jobs.on_order_completed, packing_jobs.on_order_completed],
        OrderLinkRequested: [notifications_jobs.on_order_link_requested],
        OrderLookUpRequested: [notifications_jobs.on_order_look_up_requested],
        OrderPaid: [notifications_jobs.on_order_paid],
        OrderPlaced: [notifications_jobs.on_order_placed],
        PasswordChanged: [notifications_jobs.on_password_changed],
        PasswordResetRequested: [notifications_jobs.on_password_reset_requested],
        PrintRequested: [printing_jobs.on_print_requested],
        PriceListChanged: [catalog_jobs.on_price_list_changed],
        GroupEdited: [catalog_jobs.on_price_list_changed],
        ProviderEventReceived: [payment_sync_jobs.apply_provider_event],
        ExchangeCancelled: [returns_jobs.on_exchange_cancelled],
        RefundFailed: [returns_jobs.on_refund_failed, notifications_jobs.on_refund_failed],
        RefundSucceeded: [notifications_jobs.on_refund_succeeded],
        ReturnApproved: [notifications_jobs.on_return_approved],
        ReturnRejected: [notifications_jobs.on_return_rejected],
        RegistrationRepeated: [notifications_jobs.on_registration_repeated],
        SecondFactorReset: [notifications_jobs.on_second_factor_reset],
        StaffInvited: [notifications_jobs.on_staff_invited],
        PurchaseOrderEmailRequested: [notifications_jobs.on_purchase_order_email_requested],
        StockLow: [notifications_jobs.on_stock_low],
        BackInStockDue: [notifications_jobs.on_back_in_stock_due],
        BackInStock: [back_in_stock_jobs.on_back_in_stock],
        BackOrdersAllocated: [fulfilment_jobs.on_back_orders_allocated],
        WithdrawalConfirmed: [notifications_jobs.on_withdrawal_confirmed],
    },
    renamed={
        "aftersales.jobs.on_refund_failed": returns_jobs.on_refund_failed,
        "catalog.jobs.fill_collection": catalog_jobs.rebuild_collection,
        "catalog.jobs.gather_into_collections": catalog_jobs.update_collection_membership,
        "catalog.jobs.learn_search_words": catalog_jobs.index_search_terms,
        "catalog.jobs.on_catalogue_changed": catalog_jobs.on_catalog_changed,
        "inventory.jobs.on_catalogue_changed": inventory_jobs.on_catalog_changed,
        "notifications.jobs.on_letter_resend_asked": notifications_jobs.on_email_resend_requested,
        "notifications.jobs.on_stock_ran_low": notifications_jobs.on_stock_low,
        "notifications.jobs.on_stock_request_answered": notifications_jobs.on_back_in_stock_due,
        "settlement.jobs.apply_provider_event": payment_sync_jobs.apply_provider_event,
        "waitlist.jobs.on_stock_returned": back_in_stock_jobs.on_back_in_stock,
    },
    lanes={
        "returns": Lane.MONEY,
        "fulfilment": Lane.MONEY,
        "notifications": Lane.MAIL,
        # To many people at once, after a shipment or an import; nobody waits for them.
        name_of(notifications_jobs.on_stock_low): Lane.BULK_MAIL,
        name_of(notifications_jobs.on_back_in_stock_due): Lane.BULK_MAIL,
        "payment_sync": Lane.MONEY,
        # A printer that does not answer takes seconds each time.
        "printing": Lane.PRINT,
    },
    timetable=(
        PeriodicJob(
            "apply-scheduled-prices", timedelta(seconds=10), catalog_jobs.apply_scheduled_prices
        ),
        PeriodicJob(
            "publish-due-products", timedelta(seconds=15), catalog_jobs.publish_due_products
        ),
        PeriodicJob(
            "expire-reservations", timedelta(minutes=1), inventory_jobs.expire_reservations
        ),
        PeriodicJob("stop-expired-lots", timedelta(minutes=1), inventory_jobs.stop_expired_lots),
        PeriodicJob(
            "refresh-stale-collections",
            timedelta(minutes=10),
            catalog_jobs.refresh_stale_collections,
            takes_long=True,
        ),
        PeriodicJob(
            "expire-unpaid-orders", timedelta(minutes=1), checkout_jobs.expire_unpaid_orders
        ),
        PeriodicJob(
            "resume-stalled-imports",
            timedelta(minutes=1),
            imports_jobs.resume_stalled,
            takes_long=True,
        ),
        PeriodicJob("print-waiting", timedelta(seconds=10), printing_jobs.print_waiting),
        PeriodicJob("purge-printed", timedelta(hours=6), printing_jobs.purge_contents),
        PeriodicJob(
            "purge-withdrawal-drafts", timedelta(hours=6), returns_jobs.purge_withdrawal_drafts
        ),
        PeriodicJob(
            "send-due-gift-cards", timedelta(minutes=1), stored_value_jobs.send_due_gift_cards
        ),
        PeriodicJob("sweep-refunds", timedelta(minutes=1), payment_sync_flows.sweep_refunds),
        PeriodicJob("sweep-payments", timedelta(minutes=5), payment_sync_flows.sweep_payments),
        PeriodicJob("sweep-disputes", timedelta(minutes=15), payment_sync_flows.sweep_disputes),
        PeriodicJob("purge-sweep-attempts", timedelta(hours=1), sweeps.purge_gone),
        PeriodicJob("list-failed-deliveries", timedelta(minutes=10), deliveries.list_given_up),
        PeriodicJob("tell-unclear-labels", timedelta(minutes=1), label_jobs.tell_unclear_labels),
        PeriodicJob("index-old-orders", timedelta(minutes=5), fulfilment_jobs.index_old_orders),
        PeriodicJob(
            "cancel-outdated-emails",
            timedelta(minutes=10),
            notifications_jobs.cancel_outdated_emails,
        ),
        PeriodicJob("notify-back-in-stock", timedelta(minutes=5), back_in_stock_jobs.notify_due),
        PeriodicJob("purge-back-in-stock", timedelta(hours=6), back_in_stock_jobs.purge_old),
        PeriodicJob(
            "recount-search-terms",
            timedelta(hours=24),
            catalog_jobs.recount_search_terms,
            takes_long=True,
        ),
        PeriodicJob("doctor", timedelta(hours=1), doctor_jobs.run_nightly, takes_long=True),
        PeriodicJob("note-expired-approvals", timedelta(minutes=5), _note_expired_approvals),
        PeriodicJob("seal-audit-log", timedelta(minutes=1), _seal_audit_log),
        PeriodicJob(
            "delete-abandoned-carts", timedelta(hours=6), checkout_jobs.delete_abandoned_carts
        ),
        PeriodicJob("purge-import-files", timedelta(hours=1), imports_jobs.forget_old_files),
        PeriodicJob("purge-order-links", timedelta(hours=6), draft_orders_jobs.purge_old_links),
        PeriodicJob("purge-changes", timedelta(minutes=10), presence_jobs.purge_old_changes),
        PeriodicJob("purge-events", timedelta(hours=1), _purge_old_events),
        PeriodicJob("purge-provider-events", timedelta(hours=6), _purge_old_provider_events),
        PeriodicJob("purge-idempotency-keys", timedelta(hours=1), _purge_old_idempotency_keys),
        PeriodicJob(
            "run-backfills",
            timedelta(minutes=1),
            lambda: backfills.run(BACKFILLS),
            takes_long=True,
        ),
        # Each checks once an hour whether a backup, or its verification, is due.
        PeriodicJob("backup", timedelta(hours=1), backups.back_up_when_due, takes_long=True),
        PeriodicJob("prove-backup", timedelta(hours=1), backups.prove_when_due, takes_long=True),
        PeriodicJob("purge-expired-tokens", timedelta(hours=1), accounts_jobs.purge_expired_tokens),
    ),
)
