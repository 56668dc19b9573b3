"""Pasted or uploaded tracking numbers."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # What cannot be read at all.
    "sheet_empty": _l("There is no data. Paste order numbers with their tracking numbers, or drop a file."),
    "sheet_no_orders": _l(
        "No order numbers were found. Each line needs Amazon's number (303-1234567-1234567) or ours, and a tracking "
        "number."
    ),
    "sheet_no_tracking": _l("Order numbers were found, but no tracking numbers."),
    "sheet_too_long": _l("%(lines)s lines are too many; the limit is %(most)s. Split the data."),
    "sheet_too_wide": _l("Line %(line)s has %(columns)s columns; at most %(most)s. Keep the columns that are needed."),
    "sheet_too_many_words": _l("This text is too long to be read as free text: at most %(most)s words with digits."),
    "sheet_too_large": _l("%(name)s is too large: at most %(most)s MB fit."),
    "sheet_no_text": _l("%(name)s is not a text file. Save the table as CSV, or copy its cells and paste them here."),
    "sheet_encoding_unknown": _l(
        "The encoding of %(name)s is not clear. Save it as “CSV UTF-8”, or copy its cells and paste them here."
    ),
    "sheet_not_text": _l(
        "%(name)s is a workbook, not a text file. Save it as CSV, or copy its cells and paste them here."
    ),
    # Why a line cannot go, or need not.
    "line_without_order": _l("This line has no order number"),
    "line_without_tracking": _l("This line has no tracking number"),
    "line_voided": _l("The label was voided"),
    "line_says_nothing": _l("This line has no order number and no tracking number"),
    "line_of_return": _l("This line is about a return: enter only the package's own tracking number"),
    "line_ambiguous": _l("Several orders and several tracking numbers in one line: give each its own line"),
    "tracking_cell_unclear": _l("This cell has several numbers and other text: leave only tracking numbers"),
    "tracking_transparency": _l(
        "Each unit of this order needs its Transparency code: ship it from the page of the order."
    ),
    "tracking_voided": _l("Line %(line)s says that this label was voided"),
    "tracking_rounded": _l(
        "The spreadsheet has rounded this number (like 3.4E+17). Format the column as text and copy it again."
    ),
    "quantity_unreadable": _l("The quantity is not a whole number"),
    "shipped_on_unreadable": _l("The ship date cannot be read: the time of the confirmation is used"),
    "tracking_order_unknown": _l("There is no order %(number)s"),
    "tracking_known": _l("This order already has a package with this number"),
    "tracking_parcel_failed": _l(
        "Amazon does not show the package %(number)s of this order. Retry it, edit its tracking or remove it on the "
        "page of the order."
    ),
    "tracking_shipped": _l("This order is already shipped"),
    "tracking_nothing_left": _l("This order has nothing left to ship"),
    "tracking_shared_line": _l(
        "Line %(line)s has this number for order %(order)s: confirm that both are in one package"
    ),
    "tracking_shared_used": _l("Order %(order)s has a package with this number: confirm that both are in one package"),
    "tracking_repeated": _l("Same as line %(line)s"),
    "tracking_parcel_waits": _l("Line %(line)s is for the same package and has an error"),
    "tracking_sku_unknown": _l("This order has no SKU %(sku)s. Its SKUs are: %(known)s"),
    "tracking_item_unknown": _l("This order has no line with the order-item-id %(item)s"),
    "tracking_contents_unknown": _l(
        "Several packages for this order: give SKU and quantity for each, or ship the order on its page"
    ),
    "tracking_carrier_unsure": _l("Several carriers use this number format: choose one"),
    "tracking_carrier_unlikely": _l("The number could be %(carrier)s's, but that is unlikely here: choose the carrier"),
    "tracking_carrier_unknown": _l("Carrier not recognized. Choose one."),
    # Why a text is not taken as a tracking number.
    "tracking_placeholder": _l("“%(text)s” is not a tracking number. Enter the number, or leave the field empty."),
    "tracking_no_digits": _l("This is not a tracking number: it has no digits."),
    "tracking_words": _l("This is text without a tracking number in it."),
    "tracking_is_order_number": _l("This is an Amazon order number, not a tracking number."),
    "tracking_is_date": _l("This is a date, not a tracking number."),
    "tracking_several": _l("These are %(count)s tracking numbers: %(numbers)s. Enter each in a separate package."),
    "tracking_link_without_number": _l("This link has no tracking number in it. Copy the number itself."),
    # Questions about a number that a person can confirm.
    "tracking_link": _l("This is a link. The tracking number in it seems to be %(number)s."),
    "tracking_in_text": _l("This is text. The tracking number in it seems to be %(number)s."),
    "tracking_decimal": _l("A spreadsheet wrote this number as a decimal. Without the decimals it is %(number)s."),
    "tracking_signs": _l("The number contains characters that tracking numbers do not have."),
    "tracking_dummy": _l("This looks like a test number, not like the number of a package."),
    "tracking_lost_digits": _l(
        "The number ends in zeros after 15 digits: a spreadsheet has probably replaced its last digits. Format the "
        "column as text and copy the number again."
    ),
    "tracking_check_digit": _l("The check digit is wrong for a number of %(carrier)s. Look for a typing mistake."),
    "tracking_of_another": _l("This looks like a number of %(other)s, not of %(carrier)s."),
    "tracking_format": _l("Numbers of %(carrier)s do not look like this."),
    # What happened.
    "tracking_import_unknown": _l("These tracking numbers have expired. Paste them again."),
    "tracking_confirmed_already": _l("These tracking numbers were confirmed already."),
    "tracking_nothing_ready": _l("None of the selected lines is ready. Nothing was changed."),
    "tracking_confirmed": _l("Tracking upload confirmed: %(orders)s orders from %(lines)s lines shipped"),
    "bulk_shipped": _l("Shipment %(number)s created, packages: %(count)s"),
}
