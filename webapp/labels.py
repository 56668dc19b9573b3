"""Words for states: what a person reads, in which tone, with which icon. An unknown word is shown as it came."""

from typing import NamedTuple

from flask_babel import LazyString

from webapp.domain import (
    amazon_status,
    bulk,
    cancellation,
    confirming,
    mails,
    order_states,
    products,
    refunds,
    stock,
    submissions,
    tracking_matches,
    vat_invoices,
)
from webapp.locales import lazy_gettext as _l


class Label(NamedTuple):
    """`tone` is one of quiet, wait, work, good, warn, bad (a class of app.css); `icon` a symbol of icons.svg."""

    text: str | LazyString
    tone: str
    icon: str


LABELS = {
    "amazon_status": {
        amazon_status.PENDING_AVAILABILITY: Label(_l("Pending availability"), "wait", "hourglass"),
        amazon_status.PENDING: Label(_l("Pending"), "wait", "hourglass"),
        amazon_status.UNSHIPPED: Label(_l("Unshipped"), "warn", "package"),
        amazon_status.PARTIALLY_SHIPPED: Label(_l("Partially shipped"), "work", "truck"),
        amazon_status.SHIPPED: Label(_l("Shipped"), "good", "truck-delivery"),
        amazon_status.CANCELLED: Label(_l("Cancelled"), "quiet", "circle-x"),
        amazon_status.UNFULFILLABLE: Label(_l("Unfulfillable"), "bad", "ban"),
        amazon_status.INVOICE_UNCONFIRMED: Label(_l("Invoice unconfirmed"), "wait", "file-invoice"),
    },
    "order_state": {
        order_states.NEW: Label(_l("New"), "wait", "circle-dashed"),
        order_states.PROCESSING: Label(_l("Processing"), "work", "progress"),
        order_states.HOLDED: Label(_l("On hold"), "warn", "player-pause"),
        order_states.AWAITING: Label(_l("Shipped, awaiting Amazon"), "wait", "truck-delivery"),
        order_states.COMPLETE: Label(_l("Complete"), "good", "circle-check"),
        order_states.CLOSED: Label(_l("Closed"), "quiet", "lock"),
        order_states.CANCELED: Label(_l("Cancelled"), "quiet", "circle-x"),
    },
    "submission_state": {
        submissions.QUEUED: Label(_l("Queued"), "wait", "clock"),
        submissions.CONFLICT: Label(_l("Needs a decision"), "bad", "alert-triangle"),
        submissions.SENDING: Label(_l("Sending"), "work", "send"),
        submissions.SENT: Label(_l("Sent"), "work", "send"),
        submissions.ACCEPTED: Label(_l("Accepted by Amazon"), "work", "check"),
        submissions.VERIFIED: Label(_l("Verified"), "good", "shield-check"),
        submissions.REJECTED: Label(_l("Rejected"), "bad", "circle-x"),
        submissions.UNDONE: Label(_l("Undone"), "quiet", "arrow-back-up"),
        submissions.UNPROVED: Label(_l("Not proved"), "bad", "help-circle"),
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
        products.FOUND: Label(_l("New from an order"), "warn", "help-circle"),
        products.SOLD_DISABLED: Label(_l("Sold while disabled"), "warn", "alert-triangle"),
        "oversold": Label(_l("Oversold"), "bad", "alert-circle"),
    },
    "movement": {
        stock.RESERVE: Label(_l("Reserved"), "work", "lock"),
        stock.RELEASE: Label(_l("Released"), "quiet", "arrow-back-up"),
        stock.DEDUCT: Label(_l("Shipped"), "good", "truck"),
        stock.TAKE_BACK: Label(_l("Parcel taken back"), "warn", "arrow-back-up"),
        stock.RETURN: Label(_l("Returned to stock"), "good", "inbox"),
        stock.UNRETURN: Label(_l("Return undone"), "warn", "arrow-back-up"),
        stock.SET: Label(_l("Counted"), "wait", "clipboard-list"),
        stock.IMPORTED: Label(_l("Set by a file"), "wait", "file-invoice"),
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
        confirming.KIND: Label(_l("Shipment"), "quiet", "truck"),
        refunds.KIND: Label(_l("Refund"), "quiet", "arrow-back-up"),
        vat_invoices.KIND: Label(_l("Tax invoice"), "quiet", "file-invoice"),
    },
    "bulk_kind": {
        "cancel": Label(_l("Cancel at Amazon"), "quiet", "ban"),
        "hold": Label(_l("Put on hold"), "quiet", "player-pause"),
        "unhold": Label(_l("Unhold"), "quiet", "progress"),
        "invoice": Label(_l("Invoice"), "quiet", "file-invoice"),
        "ship": Label(_l("Ship with tracking numbers"), "quiet", "truck"),
        "print_invoices": Label(_l("Print invoices"), "quiet", "file-invoice"),
        "print_packing_slips": Label(_l("Print packing slips"), "quiet", "package"),
        "print_pick_list": Label(_l("Print pick list"), "quiet", "clipboard-list"),
        "print_credit_memos": Label(_l("Print credit memos"), "quiet", "arrow-back-up"),
        "print_all": Label(_l("Print all documents"), "quiet", "clipboard-list"),
        "print_these_invoices": Label(_l("Print invoices"), "quiet", "file-invoice"),
        "print_these_packing_slips": Label(_l("Print packing slips"), "quiet", "package"),
        "print_these_credit_memos": Label(_l("Print credit memos"), "quiet", "arrow-back-up"),
    },
    # Why a tracking number needed to be confirmed.
    "number_question": {
        "tracking_link": Label(_l("taken out of a link"), "quiet", "help-circle"),
        "tracking_in_text": Label(_l("taken out of a text"), "quiet", "help-circle"),
        "tracking_decimal": Label(_l("written as a decimal"), "quiet", "help-circle"),
        "tracking_signs": Label(_l("unusual characters"), "quiet", "help-circle"),
        "tracking_dummy": Label(_l("looks like a test number"), "quiet", "help-circle"),
        "tracking_lost_digits": Label(_l("ends in zeros after 15 digits"), "quiet", "help-circle"),
        "tracking_check_digit": Label(_l("wrong check digit"), "quiet", "help-circle"),
        "tracking_of_another": Label(_l("looks like another carrier's"), "quiet", "help-circle"),
        "tracking_format": Label(_l("unknown format"), "quiet", "help-circle"),
    },
    "tracking_standing": {
        tracking_matches.READY: Label(_l("Ready"), "good", "check"),
        tracking_matches.CHOOSE: Label(_l("Question"), "warn", "help-circle"),
        tracking_matches.CONFIRM: Label(_l("Number?"), "warn", "help-circle"),
        tracking_matches.ALREADY: Label(_l("Done before"), "quiet", "point"),
        tracking_matches.BLOCKED: Label(_l("Cannot go"), "bad", "alert-circle"),
        tracking_matches.LEFT_OUT: Label(_l("Left out"), "quiet", "point"),
    },
    "bulk_state": {
        bulk.DRAFT: Label(_l("Not begun"), "wait", "circle-dashed"),
        bulk.RUNNING: Label(_l("Running"), "work", "progress"),
        bulk.ENDED: Label(_l("Done"), "good", "circle-check"),
        "partly": Label(_l("Not all done"), "warn", "alert-triangle"),
        bulk.STOPPED: Label(_l("Stopped"), "warn", "player-pause"),
    },
    "bulk_row_state": {
        bulk.WAITING: Label(_l("Waiting"), "wait", "clock"),
        bulk.DONE: Label(_l("Done"), "good", "check"),
        bulk.FAILED: Label(_l("Not done"), "bad", "alert-circle"),
        bulk.SKIPPED: Label(_l("Skipped"), "quiet", "point"),
    },
    "mail_state": {
        mails.QUEUED: Label(_l("Queued"), "wait", "clock"),
        mails.SENDING: Label(_l("Sending"), "work", "send"),
        mails.SENT: Label(_l("Sent"), "good", "check"),
        mails.FAILED: Label(_l("Failed"), "bad", "alert-circle"),
        mails.UNKNOWN: Label(_l("Unknown"), "bad", "help-circle"),
        mails.DROPPED: Label(_l("Dropped"), "quiet", "x"),
    },
    "mail_kind": {
        mails.ORDER: Label(_l("Order confirmation"), "quiet", "clipboard-list"),
        mails.INVOICE: Label(_l("Invoice"), "quiet", "file-invoice"),
        mails.SHIPMENT: Label(_l("Shipment"), "quiet", "truck"),
        mails.CREDIT_MEMO: Label(_l("Credit memo"), "quiet", "arrow-back-up"),
        mails.COMMENT: Label(_l("Comment"), "quiet", "point"),
        mails.FREE: Label(_l("Free mail"), "quiet", "send"),
        "confirmOrderDetails": Label(_l("Order details"), "quiet", "send"),
        "confirmDeliveryDetails": Label(_l("Delivery details"), "quiet", "truck"),
        "unexpectedProblem": Label(_l("Unexpected problem"), "quiet", "alert-triangle"),
        "confirmCustomizationDetails": Label(_l("Customisation"), "quiet", "send"),
        "confirmServiceDetails": Label(_l("Service details"), "quiet", "send"),
        "digitalAccessKey": Label(_l("Digital access key"), "quiet", "lock"),
    },
    "credit_memo_state": {
        refunds.OFFLINE: Label(_l("Refunded offline"), "quiet", "check"),
        refunds.ASKED: Label(_l("Refund asked of Amazon"), "work", "send"),
        refunds.REFUNDED: Label(_l("Refunded at Amazon"), "good", "shield-check"),
        refunds.REFUSED: Label(_l("Refund refused"), "bad", "circle-x"),
        refunds.UNDONE: Label(_l("Undone"), "quiet", "arrow-back-up"),
    },
    "refund_component": {
        "item_price": Label(_l("Items"), "quiet", "point"),
        "item_tax": Label(_l("Tax on items"), "quiet", "point"),
        "shipping_price": Label(_l("Shipping"), "quiet", "point"),
        "shipping_tax": Label(_l("Tax on shipping"), "quiet", "point"),
        "gift_wrap_price": Label(_l("Gift wrap"), "quiet", "point"),
        "gift_wrap_tax": Label(_l("Tax on gift wrap"), "quiet", "point"),
    },
    "channel": {
        amazon_status.MERCHANT: Label(_l("Merchant (FBM)"), "quiet", "building-store"),
        amazon_status.AMAZON: Label(_l("Amazon (FBA)"), "quiet", "packages"),
    },
}


def label(kind: str, value: str) -> Label:
    """The label of a value of one of the vocabularies above."""
    return LABELS[kind].get(value) or Label(value, "quiet", "point")
