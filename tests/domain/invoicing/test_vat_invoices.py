from webapp.domain.invoicing import vat_invoices


def test_what_amazon_does_not_take_says_why():
    for country, status, programs, writable, code in [
        ("DE", "SHIPPED", (), True, None),
        ("GB", "PARTIALLY_SHIPPED", ("PRIME",), True, None),
        ("US", "SHIPPED", (), True, "vat_invoice_not_there"),
        ("DE", "SHIPPED", ("INVOICE_BY_AMAZON",), True, "vat_invoice_by_amazon"),
        ("DE", "SHIPPED", (), False, "vat_invoice_read_only"),
        ("DE", "CANCELLED", (), True, "vat_invoice_cancelled"),
        ("DE", "UNSHIPPED", (), True, "vat_invoice_unshipped"),
    ]:
        assert vat_invoices.find_refusal_reason(country, status, programs, writable=writable) == code, country
