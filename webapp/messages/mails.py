"""Mails to buyers, and messages through Amazon Messaging."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # What cannot be taken or done.
    "mail_unknown": _l("Delivery unconfirmed: %(mail_kind)s"),
    "mail_not_there": _l("There is no message %(name)s."),
    "mail_not_configured": _l("No mail server is set up. Set it up under Messages, Mail settings."),
    "mail_no_address": _l(
        "Amazon has not provided this buyer's address, so no e-mail can be sent. Amazon provides it only to "
        "applications with the required role. Use a message through Amazon instead."
    ),
    "mail_address_unusable": _l("The buyer's address from Amazon is not valid, so no e-mail can be sent."),
    "mail_on_its_way": _l("The same message is already queued. See it under Messages."),
    "mail_test_refused": _l("The test e-mail was not sent. %(why)s Message from the server: %(words)s"),
    "mail_cannot_retry": _l("Only an e-mail that failed or is unconfirmed can be sent again."),
    "mail_cannot_drop": _l("This e-mail was sent or is being sent, so it can no longer be dropped."),
    "mail_subject_required": _l("Enter a subject."),
    "mail_body_required": _l("Enter the text of the message."),
    "mail_leads_away": _l(
        "The text links to %(places)s. Amazon allows only links for tracking a package: it may block this message "
        "or suspend your messages. Remove the link, or choose to send anyway."
    ),
    "mail_one_line": _l("This must be one line, without line breaks or control characters."),
    "mail_control_signs": _l("The text contains control characters. Paste it as plain text."),
    "mail_address_malformed": _l("This is not an e-mail address. Use the form name@example.com."),
    "mail_kind_unknown": _l("There is no e-mail of the kind %(kind)s."),
    "language_unknown": _l("There is no language %(language)s."),
    "mails_running": _l("E-mails are being sent by another process. Try again in a moment."),
    # The server's settings.
    "mail_host_required": _l("Enter the mail server, such as smtp.example.com."),
    "mail_host_malformed": _l("This is not a server name. Use the form smtp.example.com, without a protocol."),
    "mail_port_malformed": _l("A port is a number from 1 to 65535; mail servers listen on 587 or 465."),
    "mail_security_unknown": _l("The security must be one of: %(known)s."),
    "mail_password_required": _l("Enter the password that belongs to the user name."),
    "mail_password_again": _l(
        "Enter the password again: server, port, encryption or user name changed, and the stored "
        "password is only sent to the server it was saved for."
    ),
    "mail_plain_sign_in": _l(
        "Without encryption the password would be readable on the network. Choose STARTTLS or TLS, or "
        "allow it in the mail settings."
    ),
    "mail_sender_without_address": _l("Enter the address this name or reply address belongs to."),
    # Templates.
    "template_place_unknown": _l(
        "Line %(line)s: {{ %(place)s }} is not a placeholder of this e-mail. Choose one from the list."
    ),
    "template_place_close": _l(
        "Line %(line)s: {{ %(place)s }} is not a placeholder of this e-mail. Did you mean {{ %(close)s }}?"
    ),
    "template_braces": _l(
        "Line %(line)s: incomplete placeholder: %(text)s. Placeholders look like {{ order_number }}."
    ),
    "template_no_document": _l("Order %(number)s has no such document yet, so there is nothing to preview with."),
    "template_place_missing": _l("This template needs %(place)s: without it the buyer would not see the comment."),
    # Refusals by a mail server.
    "mail_host_unknown": _l("The server name was not found. Check its spelling and this machine's DNS."),
    "mail_connection_refused": _l("The server refused the connection. Check the port, and that the server is running."),
    "mail_connection_failed": _l("The server cannot be reached. Check its name, the port, and firewalls between."),
    "mail_server_silent": _l("The server did not respond in time. Check the port and the firewall."),
    "mail_server_gone": _l("The server closed the connection. If this continues, check port and encryption."),
    "mail_server_refused": _l("The server does not accept e-mails at the moment."),
    "mail_no_starttls": _l(
        "The server offers no encryption with STARTTLS on this port. Try TLS with port 465, or STARTTLS with port 587."
    ),
    "mail_not_tls": _l(
        "The server does not support TLS on this port. Choose STARTTLS for port 587, or port 465 for TLS."
    ),
    "mail_certificate_expired": _l("The server's certificate has expired. Its operator must renew it."),
    "mail_certificate_name": _l(
        "The server's certificate is for another host name. Enter the host name in the certificate."
    ),
    "mail_certificate_unknown": _l(
        "The server's certificate is signed by an unknown authority. For a company's own authority, set "
        "SSL_CERT_FILE to its certificate."
    ),
    "mail_sign_in_refused": _l(
        "The server rejected the user name or password. Many providers require an app password."
    ),
    "mail_no_sign_in": _l(
        "The server does not offer sign-in on this connection. Use encryption, or leave the user name empty."
    ),
    "mail_sign_in_signs": _l(
        "The user name or password has characters that the server does not accept. Use ASCII characters."
    ),
    "mail_sender_refused": _l("The server does not accept this sender."),
    "mail_recipient_refused": _l(
        "The buyer's address was rejected. Amazon accepts e-mails only from senders that are approved in "
        "Seller Central."
    ),
    "mail_content_refused": _l("The server rejected the e-mail."),
    "mail_answer_lost": _l("The connection ended after the text was sent: the buyer may have received it."),
    "mail_interrupted": _l("The process that was sending it stopped: the buyer may have received it."),
    "mail_gave_up": _l("It could not be sent for three days."),
    "mail_malformed": _l("The e-mail could not be created: the subject or an address contains a line break."),
    "mail_attachment_large": _l("Its PDF is larger than Amazon's limit of 10 MB."),
    "mail_document_gone": _l("The document of this e-mail no longer exists."),
    "mail_keys_wrong": _l(
        "It cannot be decrypted with the keys of this installation. Restore the missing key; the e-mail "
        "stays queued until then."
    ),
    "mail_unwritable": _l("The e-mail could not be created. See the log."),
    # Amazon's Messaging.
    "message_kind_unknown": _l("Amazon has no message of the kind %(kind)s."),
    "message_not_allowed": _l(
        "Amazon does not allow this message for this order now. Check again which messages it allows."
    ),
    "message_forbidden": _l("Amazon does not accept HTML or e-mail addresses in a message. Remove them."),
    "message_lost": _l(
        "Amazon's response was lost: the buyer may have received the message. Amazon gives no way to check."
    ),
    "messages_running": _l("Messages of this account are being sent by another process. Try again in a moment."),
    # What happened.
    "mail_queued": _l("E-mail to the buyer queued: %(mail_kind)s"),
    "mail_sent": _l("E-mail sent to the buyer: %(mail_kind)s"),
    "mail_failed": _l("E-mail to the buyer failed: %(mail_kind)s"),
    "mail_retried": _l("E-mail to the buyer requeued: %(mail_kind)s"),
    "mail_dropped": _l("E-mail to the buyer dropped: %(mail_kind)s"),
    "mail_server_changed": _l("Mail server saved: %(host)s"),
    "mail_server_forgotten": _l("Mail server removed"),
    "mail_sender_changed": _l("Sender of the store's e-mails changed"),
    "mail_template_changed": _l("E-mail template changed: %(mail_kind)s, %(language)s"),
    "mail_template_reset": _l("E-mail template reset: %(mail_kind)s, %(language)s"),
}
