"""Labels of states: text, tone and icon. An unknown state is shown unchanged."""

from typing import NamedTuple

from flask_babel import LazyString

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain import bulk_states
from webapp.domain.accounts import seller_metrics
from webapp.domain.amazon import statuses
from webapp.domain.invoicing import amazon_refunds, refund_matching, vat_invoices
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.orders import state_machine as order_states
from webapp.domain.orders import work
from webapp.domain.products import csv_import as product_csv
from webapp.domain.products import stock
from webapp.domain.returns import states as return_states
from webapp.domain.shipping import labels
from webapp.domain.shipping.tracking import matching as tracking_matching
from webapp.domain.submissions import cancellation, shipment_confirmation
from webapp.domain.submissions import state_machine as submission_states


class Label(NamedTuple):
    """`tone` is one of quiet, wait, work, good, warn, bad (a class of app.css); `icon` a symbol of icons.svg."""

    text: str | LazyString
    tone: str
    icon: str


LABELS = {
    "amazon_status": {
        statuses.PENDING_AVAILABILITY: Label(_l("Pending availability"), "wait", "hourglass"),
        statuses.PENDING: Label(_l("Pending"), "wait", "hourglass"),
        statuses.UNSHIPPED: Label(_l("Unshipped"), "warn", "package"),
        statuses.PARTIALLY_SHIPPED: Label(_l("Partially shipped"), "work", "truck"),
        statuses.SHIPPED: Label(_l("Shipped"), "good", "truck-delivery"),
        statuses.CANCELLED: Label(_l("Cancelled"), "quiet", "circle-x"),
        statuses.UNFULFILLABLE: Label(_l("Unfulfillable"), "bad", "ban"),
        statuses.INVOICE_UNCONFIRMED: Label(_l("Invoice unconfirmed"), "wait", "file-invoice"),
    },
    "order_state": {
        order_states.NEW: Label(_l("New"), "wait", "circle-dashed"),
        order_states.PROCESSING: Label(_l("Processing"), "work", "progress"),
        order_states.ON_HOLD: Label(_l("On hold"), "warn", "player-pause"),
        order_states.AWAITING: Label(_l("Shipped, awaiting Amazon"), "wait", "truck-delivery"),
        order_states.COMPLETE: Label(_l("Complete"), "good", "circle-check"),
        order_states.CLOSED: Label(_l("Closed"), "quiet", "lock"),
        order_states.CANCELED: Label(_l("Cancelled"), "quiet", "circle-x"),
    },
    "ship_by": {
        work.OVERDUE: Label(_l("Overdue"), "bad", "alert-triangle"),
        work.SOON: Label(_l("Next 2 hours"), "warn", "clock"),
        work.TODAY: Label(_l("Later today"), "work", "clock"),
        work.TOMORROW: Label(_l("Tomorrow"), "quiet", "calendar-time"),
        work.LATER: Label(_l("Later"), "quiet", "calendar-time"),
    },
    "attention": {
        "cancel_requested": Label(_l("Buyer requested cancellation"), "bad", "message"),
        "low_stock": Label(_l("Low stock"), "warn", "packages"),
    },
    "seller_metric": {
        seller_metrics.LATE: Label(_l("Late shipment rate"), "warn", "clock"),
        seller_metrics.CANCELLED: Label(_l("Pre-fulfilment cancellation rate"), "warn", "circle-x"),
        seller_metrics.TRACKED: Label(_l("Valid tracking rate"), "warn", "truck"),
    },
    "submission_state": {
        submission_states.QUEUED: Label(_l("Queued"), "wait", "clock"),
        submission_states.CONFLICT: Label(_l("Needs a decision"), "bad", "alert-triangle"),
        submission_states.SENDING: Label(_l("Sending"), "work", "send"),
        submission_states.SENT: Label(_l("Sent"), "work", "send"),
        submission_states.ACCEPTED: Label(_l("Accepted by Amazon"), "work", "check"),
        submission_states.VERIFIED: Label(_l("Verified"), "good", "shield-check"),
        submission_states.REJECTED: Label(_l("Rejected"), "bad", "circle-x"),
        submission_states.UNDONE: Label(_l("Undone"), "quiet", "arrow-back-up"),
        submission_states.UNPROVED: Label(_l("Unconfirmed"), "bad", "help-circle"),
    },
    "store_state": {
        "active": Label(_l("Active"), "good", "circle-check"),
        "inactive": Label(_l("Inactive"), "quiet", "player-pause"),
    },
    "product_state": {
        "enabled": Label(_l("Enabled"), "good", "circle-check"),
        "disabled": Label(_l("Disabled"), "quiet", "ban"),
    },
    "product_flag": {
        product_csv.FOUND: Label(_l("New from an order"), "warn", "help-circle"),
        product_csv.SOLD_DISABLED: Label(_l("Sold while disabled"), "warn", "alert-triangle"),
        "oversold": Label(_l("Oversold"), "bad", "alert-circle"),
    },
    "movement": {
        stock.RESERVE: Label(_l("Reserved"), "work", "lock"),
        stock.RELEASE: Label(_l("Released"), "quiet", "arrow-back-up"),
        stock.DEDUCT: Label(_l("Shipped"), "good", "truck"),
        stock.TAKE_BACK: Label(_l("Package removed"), "warn", "arrow-back-up"),
        stock.RETURN: Label(_l("Returned to stock"), "good", "inbox"),
        stock.UNRETURN: Label(_l("Return undone"), "warn", "arrow-back-up"),
        stock.SET: Label(_l("Counted"), "wait", "clipboard-list"),
        stock.IMPORTED: Label(_l("Set by import"), "wait", "file-invoice"),
    },
    "run_state": {
        "running": Label(_l("Running"), "work", "refresh"),
        "done": Label(_l("Done"), "good", "circle-check"),
        "failed": Label(_l("Failed"), "bad", "alert-circle"),
        "waiting": Label(_l("Waiting"), "wait", "clock"),
        "lost": Label(_l("Interrupted"), "warn", "alert-triangle"),
        "paused": Label(_l("Paused"), "warn", "player-pause"),
    },
    "user_state": {
        "active": Label(_l("Active"), "good", "circle-check"),
        "invited": Label(_l("Invited"), "wait", "hourglass"),
        "disabled": Label(_l("Disabled"), "bad", "ban"),
    },
    "submission_kind": {
        cancellation.KIND: Label(_l("Cancellation"), "quiet", "ban"),
        shipment_confirmation.KIND: Label(_l("Shipment"), "quiet", "truck"),
        amazon_refunds.KIND: Label(_l("Refund"), "quiet", "arrow-back-up"),
        vat_invoices.KIND: Label(_l("Tax invoice"), "quiet", "file-invoice"),
    },
    "bulk_kind": {
        "cancel": Label(_l("Cancel at Amazon"), "quiet", "ban"),
        "hold": Label(_l("Put on hold"), "quiet", "player-pause"),
        "unhold": Label(_l("Unhold"), "quiet", "progress"),
        "invoice": Label(_l("Invoice"), "quiet", "file-invoice"),
        "retry_submissions": Label(_l("Retry at Amazon"), "quiet", "refresh"),
        "ship": Label(_l("Ship with tracking numbers"), "quiet", "truck"),
        "buy_labels": Label(_l("Buy labels"), "quiet", "truck"),
        "print_invoices": Label(_l("Print invoices"), "quiet", "file-invoice"),
        "print_packing_slips": Label(_l("Print packing slips"), "quiet", "package"),
        "print_pick_list": Label(_l("Print pick list"), "quiet", "clipboard-list"),
        "print_credit_memos": Label(_l("Print credit memos"), "quiet", "arrow-back-up"),
        "print_all": Label(_l("Print all documents"), "quiet", "clipboard-list"),
        "print_these_invoices": Label(_l("Print invoices"), "quiet", "file-invoice"),
        "print_these_packing_slips": Label(_l("Print packing slips"), "quiet", "package"),
        "print_these_credit_memos": Label(_l("Print credit memos"), "quiet", "arrow-back-up"),
    },
    "label_state": {
        labels.REQUESTED: Label(_l("Requesting services"), "work", "hourglass"),
        labels.OFFERED: Label(_l("Choose a service"), "wait", "clipboard-list"),
        labels.QUEUED: Label(_l("Being bought"), "work", "send"),
        labels.SENDING: Label(_l("Being bought"), "work", "send"),
        labels.BOUGHT: Label(_l("Bought"), "good", "circle-check"),
        labels.FAILED: Label(_l("Not bought"), "bad", "circle-x"),
        labels.UNKNOWN: Label(_l("Unconfirmed"), "bad", "help-circle"),
        labels.DISCARDED: Label(_l("Discarded"), "quiet", "ban"),
        labels.REFUND_QUEUED: Label(_l("Refund requested"), "work", "arrow-back-up"),
        labels.REFUND_PENDING: Label(_l("Refund pending"), "wait", "arrow-back-up"),
        labels.REFUNDED: Label(_l("Refunded"), "quiet", "arrow-back-up"),
        labels.REFUND_REJECTED: Label(_l("Refund rejected"), "bad", "circle-x"),
    },
    # Why a tracking number needed to be confirmed.
    "tracking_warning": {
        "tracking_link": Label(_l("extracted from a link"), "quiet", "help-circle"),
        "tracking_in_text": Label(_l("extracted from text"), "quiet", "help-circle"),
        "tracking_decimal": Label(_l("written as a decimal"), "quiet", "help-circle"),
        "tracking_signs": Label(_l("unusual characters"), "quiet", "help-circle"),
        "tracking_dummy": Label(_l("looks like a test number"), "quiet", "help-circle"),
        "tracking_lost_digits": Label(_l("ends in zeros after 15 digits"), "quiet", "help-circle"),
        "tracking_check_digit": Label(_l("wrong check digit"), "quiet", "help-circle"),
        "tracking_of_another": Label(_l("looks like another carrier's"), "quiet", "help-circle"),
        "tracking_format": Label(_l("unknown format"), "quiet", "help-circle"),
    },
    "tracking_standing": {
        tracking_matching.READY: Label(_l("Ready"), "good", "check"),
        tracking_matching.CHOOSE: Label(_l("Question"), "warn", "help-circle"),
        tracking_matching.CONFIRM: Label(_l("Check number"), "warn", "help-circle"),
        tracking_matching.ALREADY: Label(_l("Already shipped"), "quiet", "point"),
        tracking_matching.BLOCKED: Label(_l("Error"), "bad", "alert-circle"),
        tracking_matching.LEFT_OUT: Label(_l("Left out"), "quiet", "point"),
    },
    "bulk_state": {
        bulk_states.DRAFT: Label(_l("Not started"), "wait", "circle-dashed"),
        bulk_states.RUNNING: Label(_l("Running"), "work", "progress"),
        bulk_states.ENDED: Label(_l("Done"), "good", "circle-check"),
        "partly": Label(_l("Partly done"), "warn", "alert-triangle"),
        bulk_states.STOPPED: Label(_l("Stopped"), "warn", "player-pause"),
    },
    "bulk_row_state": {
        bulk_states.WAITING: Label(_l("Waiting"), "wait", "clock"),
        bulk_states.DONE: Label(_l("Done"), "good", "check"),
        bulk_states.FAILED: Label(_l("Not done"), "bad", "alert-circle"),
        bulk_states.SKIPPED: Label(_l("Skipped"), "quiet", "point"),
    },
    "mail_state": {
        mail_states.QUEUED: Label(_l("Queued"), "wait", "clock"),
        mail_states.SENDING: Label(_l("Sending"), "work", "send"),
        mail_states.SENT: Label(_l("Sent"), "good", "check"),
        mail_states.FAILED: Label(_l("Failed"), "bad", "alert-circle"),
        mail_states.UNKNOWN: Label(_l("Unknown"), "bad", "help-circle"),
        mail_states.DROPPED: Label(_l("Dropped"), "quiet", "x"),
    },
    "mail_kind": {
        mail_states.ORDER: Label(_l("Order confirmation"), "quiet", "clipboard-list"),
        mail_states.INVOICE: Label(_l("Invoice"), "quiet", "file-invoice"),
        mail_states.SHIPMENT: Label(_l("Shipment"), "quiet", "truck"),
        mail_states.CREDIT_MEMO: Label(_l("Credit memo"), "quiet", "arrow-back-up"),
        mail_states.COMMENT: Label(_l("Comment"), "quiet", "point"),
        mail_states.FREE: Label(_l("Custom message"), "quiet", "send"),
        "confirmOrderDetails": Label(_l("Order details"), "quiet", "send"),
        "confirmDeliveryDetails": Label(_l("Delivery details"), "quiet", "truck"),
        "unexpectedProblem": Label(_l("Unexpected problem"), "quiet", "alert-triangle"),
        "confirmCustomizationDetails": Label(_l("Customization"), "quiet", "send"),
        "confirmServiceDetails": Label(_l("Service details"), "quiet", "send"),
        "digitalAccessKey": Label(_l("Digital access key"), "quiet", "lock"),
    },
    "credit_memo_state": {
        amazon_refunds.OFFLINE: Label(_l("Recorded only (offline)"), "quiet", "check"),
        amazon_refunds.ASKED: Label(_l("Refund requested"), "work", "send"),
        amazon_refunds.REFUNDED: Label(_l("Refunded at Amazon"), "good", "shield-check"),
        amazon_refunds.REFUSED: Label(_l("Refund refused"), "bad", "circle-x"),
        amazon_refunds.UNDONE: Label(_l("Undone"), "quiet", "arrow-back-up"),
    },
    "return_state": {
        return_states.OPEN: Label(_l("Open"), "warn", "arrow-back-up"),
        return_states.REFUNDED: Label(_l("Refunded"), "good", "receipt-refund"),
        return_states.CLOSED: Label(_l("Closed"), "quiet", "check"),
    },
    "refund_finding": {
        refund_matching.DOUBLED: Label(_l("Refunded twice"), "bad", "alert-circle"),
        refund_matching.DIFFERS: Label(_l("Different amount"), "bad", "alert-triangle"),
        refund_matching.MISSING: Label(_l("Not in the payments"), "bad", "help-circle"),
        refund_matching.ELSEWHERE: Label(_l("Refunded elsewhere"), "warn", "receipt-refund"),
    },
    "refund_component": {
        "item_price": Label(_l("Items"), "quiet", "point"),
        "item_tax": Label(_l("Tax on items"), "quiet", "point"),
        "shipping_price": Label(_l("Shipping"), "quiet", "point"),
        "shipping_tax": Label(_l("Tax on shipping"), "quiet", "point"),
        "gift_wrap_price": Label(_l("Gift wrap"), "quiet", "point"),
        "gift_wrap_tax": Label(_l("Tax on gift wrap"), "quiet", "point"),
    },
    # What must be known before an order is packed.
    "handling": {
        "age_check": Label(_l("Age check"), "bad", "alert-triangle"),
        "identity_check": Label(_l("Identity check"), "bad", "alert-triangle"),
        "signature": Label(_l("Signature"), "bad", "pencil"),
        "cash_on_delivery": Label(_l("Cash on delivery"), "bad", "alert-triangle"),
        "pallet": Label(_l("Pallet"), "bad", "packages"),
        "customized": Label(_l("Customized"), "work", "pencil"),
        "transparency": Label(_l("Transparency"), "work", "shield-check"),
        "serial_numbers": Label(_l("Serial numbers"), "work", "clipboard-list"),
        "scheduled": Label(_l("Scheduled delivery"), "work", "calendar-time"),
        "easy_ship": Label(_l("Easy Ship"), "work", "truck"),
        "pickup_point": Label(_l("Pickup point"), "quiet", "building-store"),
    },
    "channel": {
        statuses.MERCHANT: Label(_l("Merchant (FBM)"), "quiet", "building-store"),
        statuses.AMAZON: Label(_l("Amazon (FBA)"), "quiet", "packages"),
    },
}


def label(kind: str, value: str) -> Label:
    """Return the label of a value of one of the vocabularies above."""
    return LABELS[kind].get(value) or Label(value, "quiet", "point")
