"""Use cases, and the only layer that commits. Importing it registers session listeners and submission handlers."""

# These keep the search index and the daily sales current, whichever service changes an order.
from webapp.services.accounts import daily_sales  # noqa: F401
from webapp.services.listing import search_indexer  # noqa: F401

# Each registers its handler.
from webapp.services.submissions import cancellations, refunds, shipment_confirmations, vat_invoices  # noqa: F401
