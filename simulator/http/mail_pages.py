"""The pages of the e-mails that the mail server received."""

from typing import Any

from flask import Blueprint, Response, current_app

from simulator.http import control_pages
from simulator.operations.control import ControlError
from simulator.operations.mailbox import Mailbox, ReceivedMail

routes = Blueprint("mails", __name__, url_prefix="/_control/mails")
routes.before_request(control_pages.refuse_other_origins)
routes.register_error_handler(ControlError, control_pages.show_error)


def current_mailbox() -> Mailbox | None:
    mailbox: Mailbox | None = current_app.extensions["mailbox"]
    return mailbox


@routes.get("")
def list_mails() -> str:
    mailbox = current_mailbox()
    mails = mailbox.list_newest() if mailbox else []
    port = mailbox.port if mailbox else None
    return control_pages.render_page("mails.html", lambda _world: {"mails": mails, "port": port})


@routes.get("/<int:number>")
def show_mail(number: int) -> str:
    return control_pages.render_page("mail.html", lambda _world: {"mail": find_mail(number)})


@routes.get("/<int:number>/<int:index>")
def download_attachment(number: int, index: int) -> Response:
    attachments = find_mail(number).attachments
    if index >= len(attachments):
        raise ControlError(404, f"mail {number} has no attachment {index}")
    content: Any = attachments[index].get_payload(decode=True)
    # Whatever type it claims, the browser opens it as a PDF or not at all.
    return Response(content, content_type="application/pdf", headers={"X-Content-Type-Options": "nosniff"})


def find_mail(number: int) -> ReceivedMail:
    mailbox = current_mailbox()
    mail = next((mail for mail in (mailbox.list_newest() if mailbox else []) if mail.number == number), None)
    if mail is None:
        raise ControlError(404, f"there is no mail {number}")
    return mail
