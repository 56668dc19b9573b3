"""Products and stock."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # Why no Order is made of an Amazon order.
    "product_unknown": _l("There is no product with its SKU. Add the product, and the order is imported at once."),
    "product_disabled": _l("Its product is disabled. Enable it, and the order is imported at once."),
    "product_out_of_stock": _l("Its product is out of stock. Enter received stock, and the order is imported at once."),
    # Entering products.
    "product_sku_required": _l("Enter the SKU."),
    "product_there": _l("Product %(sku)s already exists."),
    "product_gone": _l("There is no such product."),
    "product_unknown_sku": _l("There is no product %(sku)s."),
    "product_sku_twice": _l("%(sku)s is already in line %(line)s."),
    "product_text_unprintable": _l("This has characters that cannot be displayed."),
    "product_cell_torn": _l(
        "%(name)s continues on the next line. Add the closing quotation mark, or remove the opening one."
    ),
    "product_quantity_required": _l("Enter a quantity."),
    "product_quantity_malformed": _l("%(text)s must be a whole number."),
    "product_quantity_range": _l("Enter a quantity up to %(most)s."),
    "product_quantity_none": _l("Enter the quantity to add, or to remove with a minus sign."),
    "product_switch_malformed": _l("%(name)s is %(text)s; it must be yes or no."),
    "product_not_managed": _l("Stock of this product is not tracked. Set its quantity first."),
    "product_changed_meanwhile": _l(
        "Another user has changed this product. Your entries are kept: save again to replace their changes."
    ),
    # Files.
    "product_file_no_text": _l("This is not a text file. Save the table as CSV, then upload that file."),
    "product_file_large": _l("This is larger than %(most)s MB. Split it."),
    "product_file_long": _l("This has more than %(most)s rows. Split it."),
    "product_file_empty": _l("There are no rows below the header."),
    "product_file_broken": _l("This is not valid CSV from line %(line)s on."),
    "product_file_no_sku": _l("The first row must name the columns, and one of them must be sku."),
    "product_file_column_twice": _l("A column appears twice."),
    "product_file_required": _l("Choose a file, or paste the rows."),
    "product_import_unknown": _l("There is no such import."),
    "product_import_confirmed": _l("This file was already imported."),
    "product_account_none": _l("No seller account is connected yet. Products belong to one."),
    "product_account_unknown": _l("Choose a seller account: %(known)s."),
    # What happened.
    "product_found": _l("Product %(sku)s created from an order"),
    "product_created": _l("Product %(sku)s created"),
    "product_changed": _l("Product %(sku)s changed"),
    "product_seen": _l("Product %(sku)s reviewed"),
    "products_seen": _l("%(count)s flagged products reviewed"),
    "products_imported": _l(
        "Products imported from a file: %(created)s new, %(changed)s changed, %(same)s the same, %(wrong)s left out"
    ),
}
