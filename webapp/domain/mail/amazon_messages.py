"""Messages to a buyer through Amazon, with Amazon's names for their kinds."""

# Kind -> the most characters Amazon takes. Kinds that carry files instead of a text are not among them.
LIMITS = {
    "confirmOrderDetails": 2000,
    "confirmDeliveryDetails": 2000,
    "unexpectedProblem": 2000,
    "confirmCustomizationDetails": 800,
    "confirmServiceDetails": 2000,
    "digitalAccessKey": 400,
}
KINDS = tuple(LIMITS)
# Kind of message -> Amazon's name of the call.
OPERATIONS = {
    "confirmOrderDetails": "createConfirmOrderDetails",
    "confirmDeliveryDetails": "createConfirmDeliveryDetails",
    "unexpectedProblem": "createUnexpectedProblem",
    "confirmCustomizationDetails": "confirmCustomizationDetails",
    "confirmServiceDetails": "createConfirmServiceDetails",
    "digitalAccessKey": "createDigitalAccessKey",
}
