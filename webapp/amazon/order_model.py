"""Amazon's order, version 2026-01-01, as structs: the fields that are used, and how each is read if irregular."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from webapp.amazon.json_fields import MAX_QUANTITY, NUMBER, TEXT, WORD, MalformedError, required_word
from webapp.amazon.optional_fields import InvalidFields, read_money, read_quantity, read_time, read_word, text_reader

_MAX_EMAIL = 320


def _read_order_number(value: object, path: str, _invalid: InvalidFields) -> str:
    number = required_word({path: value}, path)
    if not NUMBER.fullmatch(number):
        raise MalformedError(f"{path} is not an order number")
    return number


def _read_item_id(value: object, path: str, _invalid: InvalidFields) -> str:
    return required_word({path: value}, path)


def _read_quantity_ordered(value: object, path: str, invalid: InvalidFields) -> int:
    quantity = read_quantity(value, path, invalid)
    if quantity is None:
        raise MalformedError(f"{path} is not a quantity")
    return quantity


def _read_price(value: object, path: str, invalid: InvalidFields) -> "Price | None":
    money = read_money(value, path, invalid)
    return None if money is None else Price(money.amount, money.currency)


# `read` is how the value is read when the order does not match the schema.
OrderNumber = Annotated[str, Meta(pattern=rf"\A{NUMBER.pattern}\Z", extra={"read": _read_order_number})]
ItemId = Annotated[str, Meta(min_length=1, max_length=WORD, extra={"read": _read_item_id})]
QuantityOrdered = Annotated[int, Meta(ge=0, le=MAX_QUANTITY, extra={"read": _read_quantity_ordered})]
Word = Annotated[str, Meta(max_length=WORD, extra={"read": read_word})]
Text = Annotated[str, Meta(max_length=TEXT, extra={"read": text_reader(TEXT)})]
Email = Annotated[str, Meta(max_length=_MAX_EMAIL, extra={"read": text_reader(_MAX_EMAIL)})]
Quantity = Annotated[int, Meta(ge=0, le=MAX_QUANTITY, extra={"read": read_quantity})]
Time = Annotated[datetime, Meta(tz=True, extra={"read": read_time})]


class Model(Struct, rename="camel", frozen=True, gc=False):
    """An object of Amazon's order: the fields that are used, in the order in which invalid ones are listed."""


class Price(Model, frozen=True):
    amount: str
    currency_code: Annotated[str, Meta(min_length=3, max_length=3)]


Amount = Annotated[Price, Meta(extra={"read": _read_price})]


class Window(Model, frozen=True):
    earliest_date_time: Time | None = None
    latest_date_time: Time | None = None


class Fulfillment(Model, frozen=True):
    fulfilled_by: Word | None = None
    fulfillment_status: Word | None = None
    fulfillment_service_level: Word | None = None
    ship_by_window: Window = Window()
    deliver_by_window: Window = Window()


class SalesChannel(Model, frozen=True):
    marketplace_id: Word | None = None
    marketplace_name: Word | None = None


class DetailedBreakdown(Model, frozen=True):
    subtype: Word | None = None
    value: Amount | None = None


class Breakdown(Model, frozen=True):
    type: Word | None = None
    subtotal: Amount | None = None
    detailed_breakdowns: tuple[DetailedBreakdown, ...] = ()


class ItemCondition(Model, frozen=True):
    condition_type: Word | None = None
    condition_subtype: Word | None = None
    condition_note: Text | None = None


class ItemPrice(Model, frozen=True):
    unit_price: Amount | None = None
    price_designation: Word | None = None


class Customization(Model, frozen=True):
    customized_url: Text | None = None


class Product(Model, frozen=True):
    seller_sku: Word | None = None
    asin: Word | None = None
    title: Text | None = None
    condition: ItemCondition = ItemCondition()
    price: ItemPrice = ItemPrice()
    serial_numbers: tuple[Word, ...] = ()
    customization: Customization = Customization()


class ItemProceeds(Model, frozen=True):
    proceeds_total: Amount | None = None
    breakdowns: tuple[Breakdown, ...] = ()


class GiftOption(Model, frozen=True):
    gift_message: Text | None = None
    gift_wrap_level: Word | None = None


class SerialNumberRequirement(Model, frozen=True):
    requirement_type: Word | None = None


class Packing(Model, frozen=True):
    gift_option: GiftOption = GiftOption()
    serial_number_requirement: SerialNumberRequirement = SerialNumberRequirement()


class SubstitutionPreference(Model, frozen=True):
    substitution_type: Word | None = None


class Picking(Model, frozen=True):
    substitution_preference: SubstitutionPreference = SubstitutionPreference()


class ShippingConstraints(Model, frozen=True):
    recipient_age_verification: Word | None = None
    recipient_identity_verification: Word | None = None
    signature_confirmation: Word | None = None
    cash_on_delivery: Word | None = None
    pallet_delivery: Word | None = None


class InternationalShipping(Model, frozen=True):
    ioss_number: Word | None = None


class ItemShipping(Model, frozen=True):
    scheduled_delivery_window: Window = Window()
    shipping_constraints: ShippingConstraints = ShippingConstraints()
    international_shipping: InternationalShipping = InternationalShipping()


class ItemFulfillment(Model, frozen=True):
    quantity_fulfilled: Quantity | None = None
    quantity_unfulfilled: Quantity | None = None
    packing: Packing = Packing()
    picking: Picking = Picking()
    shipping: ItemShipping = ItemShipping()


class CancellationRequest(Model, frozen=True):
    requester: Text | None = None
    cancel_reason: Text | None = None


class CancellationExecution(Model, frozen=True):
    cancelled_by: Word | None = None
    cancel_reason: Text | None = None


class Cancellation(Model, frozen=True):
    cancellation_request: CancellationRequest = CancellationRequest()
    cancellation_execution: CancellationExecution = CancellationExecution()


class PromotionBreakdown(Model, frozen=True):
    promotion_id: Word | None = None


class Promotion(Model, frozen=True):
    breakdowns: tuple[PromotionBreakdown, ...] = ()


class PointsGranted(Model, frozen=True):
    points_number: Quantity | None = None
    points_monetary_value: Amount | None = None


class PointsCost(Model, frozen=True):
    points_granted: PointsGranted = PointsGranted()


class Expense(Model, frozen=True):
    points_cost: PointsCost = PointsCost()


class TaxCalculation(Model, frozen=True):
    reporting_scheme: Word | None = None


class TaxCollection(Model, frozen=True):
    model: Word | None = None
    responsible_party: Word | None = None


class ItemTax(Model, frozen=True):
    tax_calculation_breakdowns: tuple[TaxCalculation, ...] = ()
    tax_collections: tuple[TaxCollection, ...] = ()


class Item(Model, frozen=True):
    order_item_id: ItemId
    quantity_ordered: QuantityOrdered
    product: Product = Product()
    proceeds: ItemProceeds = ItemProceeds()
    fulfillment: ItemFulfillment = ItemFulfillment()
    cancellation: Cancellation = Cancellation()
    programs: tuple[Word, ...] = ()
    promotion: Promotion = Promotion()
    expense: Expense = Expense()
    tax: ItemTax = ItemTax()


class OrderProceeds(Model, frozen=True):
    grand_total: Amount | None = None
    breakdowns: tuple[Breakdown, ...] = ()


class OrderBuyer(Model, frozen=True):
    buyer_name: Text | None = None
    buyer_email: Email | None = None
    buyer_company_name: Text | None = None
    buyer_purchase_order_number: Text | None = None


class ExtendedAddress(Model, frozen=True):
    street_name: Text | None = None
    street_number: Text | None = None
    complement: Text | None = None
    neighborhood: Text | None = None


class DeliveryAddress(Model, frozen=True):
    name: Text | None = None
    company_name: Text | None = None
    address_line1: Text | None = None
    address_line2: Text | None = None
    address_line3: Text | None = None
    city: Text | None = None
    municipality: Text | None = None
    district_or_county: Text | None = None
    state_or_region: Text | None = None
    postal_code: Word | None = None
    country_code: Word | None = None
    phone: Word | None = None
    extended_fields: ExtendedAddress = ExtendedAddress()
    address_type: Word | None = None


class HourMinute(Model, frozen=True):
    hour: Quantity | None = None
    minute: Quantity | None = None


class TimeWindow(Model, frozen=True):
    start_time: HourMinute = HourMinute()
    end_time: HourMinute = HourMinute()


class BusinessHour(Model, frozen=True):
    day_of_week: Word | None = None
    time_windows: tuple[TimeWindow, ...] = ()


class ExceptionDate(Model, frozen=True):
    exception_date: Word | None = None
    exception_date_type: Word | None = None
    time_windows: tuple[TimeWindow, ...] = ()


class DeliveryTime(Model, frozen=True):
    business_hours: tuple[BusinessHour, ...] = ()
    exception_dates: tuple[ExceptionDate, ...] = ()


class DeliveryPreference(Model, frozen=True):
    address_instruction: Text | None = None
    drop_off_location: Text | None = None
    delivery_time: DeliveryTime = DeliveryTime()
    delivery_capabilities: tuple[Word, ...] = ()


class Recipient(Model, frozen=True):
    delivery_address: DeliveryAddress = DeliveryAddress()
    delivery_preference: DeliveryPreference = DeliveryPreference()


class PackageStatus(Model, frozen=True):
    status: Word | None = None


class PackageItem(Model, frozen=True):
    order_item_id: Word | None = None
    quantity: Quantity | None = None


class Package(Model, frozen=True):
    package_reference_id: Word | None = None
    package_items: tuple[PackageItem, ...] = ()
    package_status: PackageStatus = PackageStatus()
    carrier: Word | None = None
    shipping_service: Word | None = None
    tracking_number: Word | None = None
    ship_time: Time | None = None


class PaymentExecution(Model, frozen=True):
    payment_method: Word | None = None


class Payment(Model, frozen=True):
    payment_executions: tuple[PaymentExecution, ...] = ()


class AssociatedOrder(Model, frozen=True):
    association_type: Word | None = None
    order_id: Word | None = None


class TaxAttribute(Model, frozen=True):
    key: Word | None = None
    value: Text | None = None


class TaxRegistrationEntry(Model, frozen=True):
    entity_type: Word | None = None
    legal_name: Text | None = None
    tax_registration_type: Word | None = None
    tax_registration_number: Word | None = None
    tax_registration_address: DeliveryAddress = DeliveryAddress()
    tax_registration_attributes: tuple[TaxAttribute, ...] = ()


class TaxInvoicing(Model, frozen=True):
    buyer_invoice_preference: Word | None = None
    invoice_status: Word | None = None


class OrderTax(Model, frozen=True):
    tax_registrations: tuple[TaxRegistrationEntry, ...] = ()
    tax_invoicing: TaxInvoicing = TaxInvoicing()


class FulfillmentOrder(Model, frozen=True):
    fulfillment_order_id: Word | None = None


class Order(Model, frozen=True):
    order_id: OrderNumber
    order_items: Annotated[tuple[Item, ...], Meta(min_length=1)]
    fulfillment: Fulfillment = Fulfillment()
    created_time: Time | None = None
    last_updated_time: Time | None = None
    sales_channel: SalesChannel = SalesChannel()
    programs: tuple[Word, ...] = ()
    proceeds: OrderProceeds = OrderProceeds()
    buyer: OrderBuyer = OrderBuyer()
    recipient: Recipient = Recipient()
    packages: tuple[Package, ...] = ()
    payment: Payment = Payment()
    associated_orders: tuple[AssociatedOrder, ...] = ()
    tax: OrderTax = OrderTax()
    fulfillment_orders: tuple[FulfillmentOrder, ...] = ()
