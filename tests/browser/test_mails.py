"""Writing to a buyer in a real browser: a template fills the form, the preview follows what is typed."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import create_processing_order

pytestmark = pytest.mark.browser


def test_a_template_fills_the_form_and_the_mail_is_in_line(session: Session, owner_page: Page) -> None:
    save_mail_server(session)
    number = create_processing_order(session).number
    session.rollback()
    page = owner_page
    page.goto(f"/orders/{number}")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Send e-mail").click()
    expect(page.get_by_label("Subject")).to_have_value("Zu Ihrer Bestellung 303-0000000-0000001")
    page.get_by_label("Template").select_option("order")
    expect(page.get_by_label("Subject")).to_have_value("Ihre Bestellung 303-0000000-0000001")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("E-mail queued. It is sent in a moment.")).to_be_visible()
    expect(page.get_by_text("Guten Tag Buyer Number1,")).to_be_visible()


def test_the_preview_follows_what_is_typed_and_says_what_is_wrong(owner_page: Page, complaints) -> None:
    page = owner_page
    page.goto("/mail-templates/order/en")
    preview = page.locator("#mail-preview")
    expect(preview).to_contain_text("thank you for your order 303-0000000-0000042")
    page.get_by_label("Text").fill("Number {{ order_number }}")
    expect(preview).to_contain_text("Number 100042")
    page.get_by_label("Text").fill("Number {{ order_numbr }}")
    expect(preview).to_contain_text("Did you mean {{ order_number }}?")
    page.get_by_role("button", name="Save template").click()
    expect(page.locator("#mail-template .notice")).to_contain_text("Fix 1 field.")
    complaints.expect("422")
