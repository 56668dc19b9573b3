"""What happened, in words: one row a code. The command line and the pages say the same sentence."""

from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.labels import LABELS

SENTENCES = {
    # Cancelling at Amazon.
    "cancel_fba": _l("Amazon ships this order, so only Amazon can cancel it."),
    "cancel_shipped": _l("This order has been shipped, so it cannot be cancelled. Refund it with a credit memo."),
    "cancel_partially_shipped": _l(
        "Part of this order has been shipped, so it cannot be cancelled here. Use Seller Central for the rest."
    ),
    "cancel_pending": _l(
        "Amazon is still checking this order. It can be cancelled once its status is Unshipped; until then, use "
        "Seller Central."
    ),
    "cancel_cancelled_already": _l("This order is cancelled already."),
    "cancel_unfulfillable": _l("Amazon says this order cannot be fulfilled, so there is nothing to cancel."),
    "cancel_unknown_status": _l("Amazon gives this order a status that Channeldesk does not know. Use Seller Central."),
    "cancel_requested_already": _l("This order is being cancelled already. Follow it under Submissions."),
    "cancel_read_only": _l(
        "Import of Amazon orders is disabled for this store, so its orders are read-only. Enable it in the order "
        "settings, or use Seller Central."
    ),
    "reason_unknown": _l("Amazon has no reason %(reason)s. Reasons are: %(known)s."),
    "undo_too_late": _l("It is too late to undo this: the cancellation is %(state)s."),
    "look_too_soon": _l("There is nothing to look for at Amazon yet. Try again in a moment."),
    "submission_unknown": _l("There is no submission %(name)s."),
    # The reasons Amazon takes, in the seller's words; what is said of each below it.
    "reason_NoInventory": _l("The item is out of stock"),
    "reason_BuyerCanceled": _l("The buyer asked to cancel"),
    "reason_ShippingAddressUndeliverable": _l("The address cannot be delivered to"),
    "reason_CustomerExchange": _l("The buyer wants another item instead"),
    "reason_PricingError": _l("The price was wrong"),
    "reason_GeneralAdjustment": _l("Another reason"),
    "reason_hurts": _l("Counts in your cancellation rate."),
    "reason_hurts_not": _l("Does not count in your cancellation rate: the buyer asked through Amazon."),
    "reason_hurts_unasked": _l(
        "Counts in your cancellation rate unless the buyer asks through Amazon, which this buyer has not."
    ),
    # How a submission ended where Amazon did not say why.
    "cancelled_meanwhile": _l("The order was cancelled before Amazon was told."),
    "feed_failed": _l("Amazon could not process the feed that carried the request. Nothing was cancelled; try again."),
    "feed_never_ended": _l("Amazon took the request but never said what became of it. Look in Seller Central."),
    "cancel_not_shown": _l(
        "Amazon accepted the request, but the order has not become Cancelled. Look in Seller Central."
    ),
    # Finding orders.
    "amazon_order_unknown": _l("There is no Amazon order %(number)s here."),
    "order_unknown": _l("There is no Order %(number)s here."),
    "version_unknown": _l("This order has no version %(version)s."),
    # Making an Order by hand, and the delivery address.
    "order_exists": _l("There is an Order of this Amazon order already: %(number)s."),
    "order_read_only": _l(
        "Import of Amazon orders is disabled for this store, so no Order is made. Enable it in the order settings."
    ),
    "order_waits_unshipped": _l("Amazon is still checking this order. Its Order is made once Amazon says Unshipped."),
    "order_waits_shipped": _l("Amazon ships this order. Its Order is made once Amazon has shipped it."),
    "order_not_for_cancelled": _l("This order is cancelled, so no Order is made of it."),
    "order_not_for_status": _l("No Order is made of an Amazon order with the status %(status)s."),
    "address_required": _l("An address needs this."),
    "address_too_long": _l("This can have at most %(most)s characters."),
    "country_unknown": _l("Enter the two letters of a country, such as DE."),
    "address_same": _l("This is the address already; nothing was changed."),
    # The last thing that happened to an Amazon order, as grids show it.
    "note_status": _l("Status updated to %(status)s"),
    "note_blocked": _l("%(why)s"),
    "note_reserved": _l("Stock reserved while Amazon checks the payment"),
    "note_order_created": _l("Order %(number)s created"),
    "note_cancel_requested": _l("Cancellation requested: %(reason)s"),
    "note_cancel_undone": _l("Cancellation undone before Amazon was told"),
    "note_cancel_rejected": _l("Cancellation refused: %(why)s"),
    "note_cancel_unproved": _l("Amazon accepted the cancellation, but the order does not show it"),
    # What happened, in the history of an order.
    "amazon_order_arrived": _l("Arrived from Amazon as %(status)s"),
    "amazon_order_changed": _l("Changed at Amazon"),
    "amazon_order_resent": _l("Amazon sent the order again, with other details"),
    "address_corrected": _l("Delivery address corrected here"),
    "address_restored": _l("Delivery address set back to Amazon's"),
    "version_revealed": _l("Looked at what Amazon sent, with personal data"),
    "order_created": _l("Order %(number)s created"),
    "order_invoiced_at_import": _l("Invoiced at import: Amazon has taken the payment"),
    "order_new": _l("Order is new"),
    "order_processing": _l("Order is processing"),
    "order_complete": _l("Order is complete: nothing is left to invoice or to ship"),
    "order_closed": _l("Order is closed: everything was refunded"),
    "order_canceled": _l("Order cancelled, since Amazon cancelled it"),
    "cancelled_at_amazon_but": _l("Amazon cancelled it, but the Order is %(state)s and stays so. Look at it."),
    "credited_offline": _l("Credit memo %(number)s written offline: Amazon returns the money itself"),
    "shipped_at_amazon": _l("Amazon counts %(quantity)s more as shipped"),
    "cancellation_requested": _l("Cancellation requested: %(reason)s"),
    "cancellation_undone": _l("Cancellation undone before Amazon was told"),
    "cancellation_accepted": _l("Amazon accepted the cancellation; it is not proved yet"),
    "cancellation_rejected": _l("Cancellation refused"),
    "cancellation_unproved": _l("Cancellation accepted, but the order never showed it"),
    "cancellation_verified": _l("Cancellation proved: Amazon shows the order as Cancelled"),
    "cancellation_not_needed": _l("The order was cancelled before Amazon was told, so it was not told"),
    # Processing an Order: what cannot be taken, and why not now.
    "cannot_invoice": _l("An Order with the status %(state)s cannot be invoiced."),
    "cannot_ship": _l("An Order with the status %(state)s cannot be shipped."),
    "cannot_refund": _l("An Order with the status %(state)s cannot be refunded."),
    "cannot_hold": _l("An Order with the status %(state)s cannot be put on hold."),
    "cannot_unhold": _l("An Order with the status %(state)s is not on hold."),
    "cannot_ship_cancelling": _l(
        "Amazon is being asked to cancel this order, so it cannot be shipped. Undo the cancellation under Submissions, "
        "or wait for Amazon's answer."
    ),
    "nothing_to_invoice": _l("Nothing of this Order is left to invoice."),
    "nothing_to_ship": _l("Nothing of this Order is left to ship."),
    "nothing_to_refund": _l("Nothing of this Order is left to refund."),
    "line_unknown": _l("This Order has no line %(line)s."),
    "quantity_none": _l("Enter how many pieces, at least one."),
    "quantity_negative": _l("%(item)s: the quantity cannot be negative."),
    "quantity_over": _l("%(item)s: %(asked)s is too many, %(left)s are left."),
    "amount_malformed": _l("%(text)s is not an amount of money. Write it as 12.34."),
    "amount_negative": _l("An amount cannot be negative."),
    "amount_decimals": _l("This has more decimals than %(currency)s has: %(digits)s."),
    "shipping_over": _l("At most %(left)s %(currency)s of the shipping is left to refund."),
    "refund_over": _l("At most %(left)s %(currency)s of what was invoiced is left to refund."),
    "credit_memo_empty": _l("This credit memo gives nothing back. Enter pieces, shipping or an adjustment."),
    "credit_memo_negative": _l("The adjustment fee is higher than what is given back."),
    "parcel_none": _l("A shipment needs at least one parcel."),
    "parcel_contents_required": _l("Say for each parcel what is in it."),
    "tracking_twice": _l("Tracking number %(number)s stands on two parcels."),
    "tracking_used": _l("Tracking number %(number)s was used already, for order %(order)s."),
    "tracking_malformed": _l("A tracking number has letters, digits and signs of ASCII alone."),
    "carrier_required": _l("Say which carrier this tracking number is of."),
    "carrier_title_required": _l("Name the carrier that is not in the list."),
    "hold_reason_required": _l("Say why the Order is put on hold."),
    "hold_until_past": _l("This time is past. Choose one to come, or none."),
    "comment_required": _l("Write a comment."),
    "status_unknown": _l("An Order with the status %(state)s cannot be given the status %(word)s."),
    "item_unreadable": _l("%(text)s is not SKU=PIECES of a line of this Order. Its SKUs are: %(known)s."),
    "time_unreadable": _l("%(text)s is not a time. Write it as 2026-12-24T18:00+01:00."),
    "order_invoiced": _l("Invoice %(number)s written: %(amount)s %(currency)s"),
    "order_shipped": _l("Shipment %(number)s written: %(quantity)s pieces in %(parcels)s parcels"),
    "order_refunded": _l("Credit memo %(number)s written offline: %(amount)s %(currency)s"),
    "order_held": _l("Put on hold"),
    "order_held_until": _l("Put on hold until %(until)s"),
    "order_unheld": _l("Let go on after the hold"),
    "order_commented": _l("Comment written"),
    "order_commented_notify": _l("Comment written, for the customer to be told"),
    # Why there is no Order yet.
    "store_inactive": _l("Not imported: the store is inactive. Activate it, then retry."),
    "total_missing": _l("Not imported: Amazon has not said what the order costs yet. It is retried at each sync."),
    "no_items": _l("Not imported: Amazon lists no items for this order yet. It is retried at each sync."),
    "currencies_differ": _l("Not imported: its items are priced in different currencies."),
    # Connecting seller accounts.
    "field_required": _l("Please fill this in: %(name)s."),
    "text_too_long": _l("This is too long: at most %(most)s characters fit."),
    "region_unknown": _l("There is no region %(region)s. Regions are NA, EU and FE."),
    "secret_with_space": _l(
        "%(name)s: there is white space in it, perhaps a line break at its end. Enter it again without."
    ),
    "url_without_scheme": _l("%(name)s: this is not an address. It begins with https://."),
    "region_differs": _l("This account does not sell in region %(region)s. Choose the region %(right)s."),
    "account_sells_nowhere": _l(
        "Amazon accepts these credentials, but the account takes part in no marketplace that Channeldesk knows."
    ),
    "marketplaces_none": _l("Choose at least one marketplace."),
    "marketplace_unknown": _l("There is no marketplace %(marketplace)s. Use a country code, such as DE or UK."),
    "marketplace_other_region": _l(
        "Marketplace %(marketplace)s belongs to region %(right)s, not %(region)s. Connect that region as an account of "
        "its own."
    ),
    "marketplace_not_taking_part": _l(
        "The account does not sell in marketplace %(marketplace)s. Register there in Seller Central first."
    ),
    "backfill_out_of_range": _l("Orders can be fetched from 0 to %(most)s days back."),
    "account_name_taken": _l("There is an account named %(name)s already. Choose another name."),
    "account_connected_already": _l(
        "This seller account is connected already, as %(name)s. Replace its credentials there if they have changed."
    ),
    "account_unknown": _l("There is no account %(name)s."),
    "credentials_none": _l("Enter the new client secret, the new refresh token, or both."),
    "credentials_of_another": _l(
        "Amazon accepts these credentials, but they are another account's: it does not sell in %(countries)s. Nothing "
        "was changed."
    ),
    "file_unreadable": _l("%(path)s cannot be read: %(reason)s."),
    "secret_file_not_text": _l("%(path)s does not hold a secret: there are characters in it that Amazon's never have."),
    "secret_file_empty": _l("%(path)s is empty. Write the secret into it: printf %%s 'the secret' > %(path)s"),
    "secret_file_ends_with_newline": _l(
        "%(path)s ends with a line break, which is not part of the secret. Write it without one: "
        "printf %%s 'the secret' > %(path)s"
    ),
    "secret_file_with_space": _l("%(path)s has white space inside. It must hold the secret and nothing else."),
    "connection_expired": _l("What you entered was kept for ten minutes, and they are over. Please enter it again."),
    "account_connected": _l("Account %(name)s was connected."),
    "credentials_replaced": _l("The account's credentials were replaced."),
    # What Amazon shows an account, by dataset, and what it costs to go without.
    "dataset_BUYER": _l("The buyer's name and e-mail address"),
    "dataset_RECIPIENT": _l("The delivery address"),
    "dataset_PROCEEDS": _l("Prices and totals"),
    "dataset_PROMOTION": _l("Promotions"),
    "dataset_CANCELLATION": _l("Buyers' requests to cancel"),
    "dataset_FULFILLMENT": _l("Status, quantities and ship-by dates"),
    "dataset_PACKAGES": _l("Parcels and tracking numbers"),
    "dataset_TAX": _l("Taxes"),
    "dataset_PAYMENT": _l("Ways of payment"),
    "without_BUYER": _l("Orders name no buyer, and nobody can be written to."),
    "without_RECIPIENT": _l("Orders you ship yourself have no address; look it up in Seller Central."),
    "without_PROCEEDS": _l("No Orders can be made, since nobody knows what they cost."),
    "without_PROMOTION": _l("Discounts are not explained."),
    "without_CANCELLATION": _l("You do not see when a buyer asks to cancel."),
    "without_PACKAGES": _l("A tracking number cannot be proved to have arrived."),
    "without_TAX": _l("Taxes are not shown by themselves."),
    "without_PAYMENT": _l("Orders do not say how they were paid."),
    # Stores.
    "store_unknown": _l("There is no store %(name)s."),
    "store_opened": _l("The store was opened."),
    "store_activated": _l("The store was activated."),
    "store_deactivated": _l("The store was deactivated."),
    "store_settings_changed": _l("The order settings were changed."),
    "store_deleted": _l("Store %(name)s was deleted with its orders."),
    "store_has_submissions": _l(
        "Amazon is still being told something about an order of this store. Wait until that has ended, or undo it "
        "under Submissions."
    ),
    "typed_name_differs": _l("Type the store's name exactly: %(name)s"),
    "setting_unknown": _l("There is no order setting %(key)s. Settings are: %(known)s."),
    "setting_choice": _l("%(key)s must be one of: %(choices)s."),
    "setting_without_value": _l("%(text)s is not KEY=VALUE. For instance: --set import_orders=disabled"),
    "processing_status_required": _l("Say which status new orders get, or choose the default order status."),
    # The ways Amazon says no. They stand beside Amazon's own words.
    "amazon_error": _l("Amazon could not be spoken to."),
    "bad_credentials": _l(
        "Amazon refuses the credentials. Authorise the application again in Seller Central, and enter the new refresh "
        "token or client secret."
    ),
    "forbidden": _l(
        "Amazon does not allow it: the application lacks the role, or the seller account belongs to another region."
    ),
    "not_there": _l("Amazon does not know what was asked for."),
    "invalid_request": _l("Amazon did not take what was sent."),
    "throttled": _l("Amazon asks for patience: too many calls in a short time. It is tried again by itself."),
    "unavailable": _l("Amazon does not answer. It is tried again by itself."),
    "redis_unavailable": _l("Redis does not answer, so Amazon is not called. It is tried again by itself."),
    "lost_answer": _l("Amazon's answer was lost. Channeldesk looks what became of it before it acts again."),
    "unintelligible": _l(
        "What answered does not speak as Amazon does. If the account has an endpoint of its own, check that address."
    ),
    # Syncing, and telling Amazon.
    "submissions_running": _l("This account's submissions are being worked on. Try again in a moment."),
    "sync_running": _l("A sync of this account is running already. Wait until it has ended."),
    "sync_run_unknown": _l("There is no sync run %(name)s."),
    "sync_lost": _l(
        "Its process ended in the middle. What it had written stays, and the next sync began where this one did."
    ),
    "quarantined_unknown": _l("There is no quarantined order %(name)s."),
    "quarantine_without_number": _l(
        "What Amazon sent holds no order number, so this order cannot be asked for. It is read again when Amazon "
        "sends it again."
    ),
    "quarantine_revealed": _l("Looked at what Amazon sent for quarantined order %(number)s, with personal data"),
    # People coming in.
    "sign_in_wrong": _l("This e-mail address and password do not go together."),
    "sign_in_locked": _l(
        "Too many tries went wrong. Signing in is closed here for %(minutes)s minutes; a sign-in link opens it at once."
    ),
    "link_gone": _l("This link has been used, or it is too old."),
    "email_malformed": _l("This is not an e-mail address."),
    "email_taken": _l("There is a user with this e-mail address already."),
    "password_short": _l("A password needs at least %(least)s characters."),
    "password_long": _l("A password can have at most %(most)s characters."),
    "password_not_text": _l("The password on standard input is not UTF-8 text."),
    "password_guessable": _l("This password is too easy to guess."),
    "role_unknown": _l("There is no role %(role)s. Roles are: %(roles)s."),
    "not_first_start": _l("There are users already. Name the one the link is for by their e-mail address."),
    "user_unknown": _l("There is no user with this e-mail address."),
    "user_disabled": _l("This user is disabled."),
    "user_created": _l("User %(user)s was created with the role %(role)s."),
    "link_made": _l("A sign-in link was made for user %(user)s."),
    "password_set": _l("User %(user)s chose a new password by a sign-in link."),
    # The schedule.
    "interval_out_of_range": _l("An interval must be between %(least)s and %(most)s seconds."),
    "job_never_rests": _l("This job picks up what was lost elsewhere, so it cannot be paused."),
    "job_unknown": _l("There is no recurring job %(name)s."),
    "job_interval_changed": _l("%(job)s runs every %(after)s seconds now; before, every %(before)s."),
    "job_run_asked": _l("%(job)s was asked to run now."),
    "job_paused": _l("%(job)s was paused."),
    "job_resumed": _l("%(job)s goes on."),
    # What does not exist.
    "pattern_unknown": _l("The pattern book has no page %(page)s."),
}


class _Arguments(dict[str, Any]):
    """A row written by an older version may lack what a newer sentence names; the page is shown all the same."""

    def __missing__(self, name: str) -> str:
        return "…"


def sentence(code: str, arguments: dict[str, Any] | None = None) -> str:
    """The sentence of `code` in the reader's language, English outside a request.

    A code without a row is shown as it is, so that nothing is hidden from whoever has to act on it.
    """
    template = SENTENCES.get(code)
    return str(template) % _Arguments(_spoken(arguments or {})) if template is not None else code


def _spoken(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with the codes among them in words: statuses, states, reasons; `why` from `words` or `cause`."""
    said = dict(arguments)
    for name, kinds in {"status": ("amazon_status",), "state": ("order_state", "submission_state")}.items():
        found = [LABELS[kind][said[name]] for kind in kinds if str(said.get(name)) in LABELS[kind]]
        if found:
            said[name] = found[0].text
    reason = SENTENCES.get(f"reason_{said.get('reason')}")
    if reason is not None:
        said["reason"] = reason
    if said.get("words") or said.get("cause"):
        said["why"] = said.get("words") or sentence(said["cause"])
    return said
