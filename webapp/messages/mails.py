"""Writing to the buyer: by mail, and through Amazon's own Messaging."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # What cannot be taken or done.
    "mail_unknown": _l("It is not known whether this arrived: %(mail_kind)s"),
    "mail_not_there": _l("There is no mail %(name)s."),
    "mail_not_configured": _l("No mail server is set up. Set it up under Messages, Mail settings."),
    "mail_no_address": _l(
        "Amazon has not provided this buyer's address, so no e-mail can be sent. Amazon provides it only to "
        "applications with the required role. Use a message through Amazon instead."
    ),
    "mail_address_unusable": _l("The buyer's address from Amazon is not valid, so no e-mail can be sent."),
    "mail_on_its_way": _l("The same mail is on its way already. Look at it under Mails."),
    "mail_test_refused": _l("The test mail did not go out. %(why)s The server says: %(words)s"),
    "mail_cannot_retry": _l("Only a mail that failed, or may not have arrived, can be sent again."),
    "mail_cannot_drop": _l("This mail was sent, or is being sent, and cannot be dropped any more."),
    "mail_subject_required": _l("Write a subject."),
    "mail_body_required": _l("Write what the buyer is to read."),
    "mail_leads_away": _l(
        "The text links to %(places)s. Amazon allows only links for tracking a package: it may block this message "
        "or suspend your messages. Remove the link, or choose to send anyway."
    ),
    "mail_one_line": _l("This must be one line, without line breaks or control signs."),
    "mail_control_signs": _l("The text holds control signs that no mail may hold. Paste it as plain text."),
    "mail_address_malformed": _l("This is not an e-mail address. Write it as name@example.com."),
    "mail_kind_unknown": _l("There is no mail of the kind %(kind)s."),
    "language_unknown": _l("There is no language %(language)s here."),
    "mails_running": _l("Mails are being sent by another process. Try again in a moment."),
    # The server's settings.
    "mail_host_required": _l("Name the mail server, such as smtp.example.com."),
    "mail_host_malformed": _l("This is not the name of a server. Write it as smtp.example.com, without a protocol."),
    "mail_port_malformed": _l("A port is a number from 1 to 65535; mail servers listen on 587 or 465."),
    "mail_security_unknown": _l("The security must be one of: %(known)s."),
    "mail_password_required": _l("Enter the password that belongs to the user name."),
    "mail_password_again": _l(
        "Enter the password again: server, port, encryption or user name changed, and the stored password is not sent "
        "to another place."
    ),
    "mail_plain_sign_in": _l(
        "Without encryption the password would travel readable to another machine. Choose STARTTLS or TLS, or allow it "
        "in the mail settings."
    ),
    "mail_sender_without_address": _l("Enter the address this name or reply address belongs to."),
    # Templates.
    "template_place_unknown": _l(
        "Line %(line)s: {{ %(place)s }} is not a placeholder of this mail. Choose one from the list."
    ),
    "template_place_close": _l(
        "Line %(line)s: {{ %(place)s }} is not a placeholder of this mail. Did you mean {{ %(close)s }}?"
    ),
    "template_braces": _l(
        "Line %(line)s: two braces open or close a place, and these belong to none: %(text)s. Write {{ order_number }}."
    ),
    "template_no_document": _l("Order %(number)s has no such document yet, so there is nothing to preview with."),
    "template_place_missing": _l("This mail needs %(place)s: without it the buyer would not read what was written."),
    # What a mail server says no to.
    "mail_host_unknown": _l("There is no server of this name. Check its spelling, and that this machine finds names."),
    "mail_connection_refused": _l("Nothing takes mails there. Check the port, and that the server is running."),
    "mail_connection_failed": _l("The server cannot be reached. Check its name, the port, and firewalls between."),
    "mail_server_silent": _l("The server did not respond in time. Check the port and the firewall."),
    "mail_server_gone": _l("The server ended the connection. If that stays, check port and security."),
    "mail_server_refused": _l("The server takes no mails now."),
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
        "The server refuses user name and password. Many providers want a password made for applications."
    ),
    "mail_no_sign_in": _l(
        "The server offers no sign-in here. Without encryption many do not; or leave the user name empty."
    ),
    "mail_sign_in_signs": _l(
        "The user name or password has characters that the server does not accept. Use ASCII characters."
    ),
    "mail_sender_refused": _l("The server does not accept this sender."),
    "mail_recipient_refused": _l(
        "The buyer's address was refused. Amazon takes mails only from senders that are approved in Seller Central."
    ),
    "mail_content_refused": _l("The server refused the mail itself."),
    "mail_answer_lost": _l("The connection ended after the text was sent: it may have arrived."),
    "mail_interrupted": _l("The process that was sending it stopped: it may have arrived."),
    "mail_gave_up": _l("It could not be sent for three days."),
    "mail_malformed": _l("A mail cannot be made of this: the subject or an address does not fit into one line."),
    "mail_attachment_large": _l("Its PDF is larger than the 10 MB that Amazon lets through."),
    "mail_document_gone": _l("The document this mail is about no longer exists."),
    "mail_keys_wrong": _l(
        "It cannot be decrypted with the keys of this installation. Put the missing key back; the mail waits for it."
    ),
    "mail_unwritable": _l("The mail could not be created. See the log."),
    # Amazon's Messaging.
    "message_kind_unknown": _l("Amazon has no message of the kind %(kind)s."),
    "message_not_allowed": _l(
        "Amazon does not allow this message for this order now. Ask Amazon again what it allows."
    ),
    "message_forbidden": _l("Amazon takes no HTML and no e-mail addresses in a message. Take them out."),
    "message_lost": _l(
        "Amazon's response was lost: the buyer may have received the message. Amazon gives no way to check."
    ),
    "messages_running": _l("Messages of this account are being sent by another process. Try again in a moment."),
    # What happened.
    "mail_queued": _l("Mail to the buyer queued: %(mail_kind)s"),
    "mail_sent": _l("Mail sent to the buyer: %(mail_kind)s"),
    "mail_failed": _l("Mail to the buyer failed: %(mail_kind)s"),
    "mail_retried": _l("Mail to the buyer is sent again: %(mail_kind)s"),
    "mail_dropped": _l("Mail to the buyer dropped: %(mail_kind)s"),
    "mail_server_changed": _l("The mail server was set up: %(host)s"),
    "mail_server_forgotten": _l("Mail server removed"),
    "mail_sender_changed": _l("The sender of the store's mails was changed"),
    "mail_template_changed": _l("The template of a mail was changed: %(mail_kind)s, %(language)s"),
    "mail_template_reset": _l("The template of a mail was set back: %(mail_kind)s, %(language)s"),
}
