"""Connecting seller accounts."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # Connecting seller accounts.
    "field_required": _l("Please fill this in: %(name)s."),
    "text_too_long": _l("This is too long: at most %(most)s characters fit."),
    "region_unknown": _l("There is no region %(region)s. Regions are NA, EU and FE."),
    "secret_with_space": _l(
        "%(name)s contains white space, perhaps a line break at the end. Enter it again without white space."
    ),
    "url_without_scheme": _l("%(name)s is not a valid URL. It must begin with https://."),
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
    "secret_file_not_text": _l("%(path)s does not hold a secret: it has characters that secrets never have."),
    "secret_file_empty": _l("%(path)s is empty. Write the secret into it: printf %%s 'the secret' > %(path)s"),
    "secret_file_with_space": _l("%(path)s has spaces or several lines. It must hold the secret and nothing else."),
    "connection_expired": _l("Your entries were kept for ten minutes and have expired. Enter them again."),
    "account_connected": _l("Account %(name)s connected."),
    "credentials_replaced": _l("Credentials replaced."),
    # What Amazon shows an account, by dataset, and what it costs to go without.
    "dataset_BUYER": _l("The buyer's name and e-mail address"),
    "dataset_RECIPIENT": _l("The delivery address"),
    "dataset_PROCEEDS": _l("Prices and totals"),
    "dataset_EXPENSE": _l("Points"),
    "dataset_PROMOTION": _l("Promotions"),
    "dataset_CANCELLATION": _l("Buyers' requests to cancel"),
    "dataset_FULFILLMENT": _l("Status, quantities and ship-by dates"),
    "dataset_PACKAGES": _l("Packages and tracking numbers"),
    "dataset_TAX": _l("Taxes"),
    "dataset_PAYMENT": _l("Payment methods"),
    "dataset_FULFILLMENT_ORDERS": _l("Easy Ship orders"),
    "without_BUYER": _l("Orders have no buyer name, and buyers cannot be e-mailed."),
    "without_RECIPIENT": _l("Orders you ship yourself have no address; use Seller Central to find it."),
    "without_PROCEEDS": _l("New orders are not imported until their amounts are available."),
    "without_EXPENSE": _l("Points granted to buyers are missing."),
    "without_PROMOTION": _l("Discounts are not itemized."),
    "without_CANCELLATION": _l("Cancellation requests by buyers are not shown."),
    "without_PACKAGES": _l("Tracking numbers cannot be verified at Amazon."),
    "without_TAX": _l("Taxes are not shown separately."),
    "without_PAYMENT": _l("Orders have no payment method."),
    "without_FULFILLMENT_ORDERS": _l("The numbers of Easy Ship orders are missing."),
}
