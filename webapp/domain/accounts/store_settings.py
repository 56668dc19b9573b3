"""Order settings of a store and their choices. One table for the form, the command line and the documentation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderSetting:
    """`key` is the column and the command line's name; `choices` are the values it may have, () for free text."""

    key: str
    choices: tuple[str, ...]


ORDER_SETTINGS = (
    OrderSetting("import_orders", ("enabled", "disabled")),
    OrderSetting("customer_creation", ("guest", "account")),
    OrderSetting("order_number_source", ("own", "amazon")),
    OrderSetting("pending_orders", ("reserve", "do_not_reserve")),
    OrderSetting("order_status", ("default", "custom")),
    OrderSetting("processing_status", ()),
    OrderSetting("auto_invoice", ("enabled", "disabled")),
    OrderSetting("upload_invoices", ("enabled", "disabled")),
    OrderSetting("vat_calculation_service", ("enabled", "disabled")),
    OrderSetting("order_mails", ("enabled", "disabled")),
    # What becomes of an order for a product that is unknown, disabled or out of stock.
    OrderSetting("unready_products", ("create", "block")),
)
BY_KEY = {setting.key: setting for setting in ORDER_SETTINGS}
SWITCHES = frozenset({"import_orders", "auto_invoice", "upload_invoices", "vat_calculation_service", "order_mails"})
LONGEST_STATUS = 40
