"""The default templates and words of mails in English. Translations are in the catalogue `mails`."""

from typing import NamedTuple

from webapp.domain.mail import state_machine as mail_states


class Template(NamedTuple):
    subject: str
    body: str


DEFAULTS = {
    mail_states.ORDER: Template(
        "Your order {{ amazon_number }}",
        """Hello {{ buyer_name }},

thank you for your order {{ amazon_number }} of {{ order_date }}. We are preparing it for shipment.

{{ order_lines }}

Total: {{ order_total }}

{{ comment }}

Kind regards
{{ store_name }}""",
    ),
    mail_states.INVOICE: Template(
        "Invoice {{ document_number }} for your order {{ amazon_number }}",
        """Hello {{ buyer_name }},

attached you find invoice {{ document_number }} for your order {{ amazon_number }}.

{{ document_lines }}

{{ document_totals }}

{{ comment }}

Kind regards
{{ store_name }}""",
    ),
    mail_states.SHIPMENT: Template(
        "Your order {{ amazon_number }} is on its way",
        """Hello {{ buyer_name }},

these items of your order {{ amazon_number }} are on their way to you:

{{ document_lines }}

Follow your parcel: {{ tracking }}

{{ comment }}

Kind regards
{{ store_name }}""",
    ),
    mail_states.CREDIT_MEMO: Template(
        "Credit memo {{ document_number }} for your order {{ amazon_number }}",
        """Hello {{ buyer_name }},

attached you find credit memo {{ document_number }} for your order {{ amazon_number }}.

{{ document_lines }}

{{ document_totals }}

{{ comment }}

Kind regards
{{ store_name }}""",
    ),
    mail_states.COMMENT: Template(
        "News about your order {{ amazon_number }}",
        """Hello {{ buyer_name }},

{{ comment }}

Kind regards
{{ store_name }}""",
    ),
    mail_states.FREE: Template(
        "About your order {{ amazon_number }}",
        """Hello {{ buyer_name }},

here is our message about your order {{ amazon_number }} of {{ order_date }}.

Kind regards
{{ store_name }}""",
    ),
}

# Names of amounts, and sample values.
WORDS = {
    "subtotal": "Subtotal",
    "shipping": "Shipping",
    "discount": "Discount",
    "tax": "Tax",
    "other": "Other amounts",
    "adjustment_refund": "Additional refund",
    "adjustment_fee": "Fee kept",
    "total": "Total",
    "sum": "%(name)s: %(amount)s",
    "buyer": "(name of the buyer)",
    "address": "(address of the recipient)",
    "item": "(product title)",
    "comment": "(comment)",
}
