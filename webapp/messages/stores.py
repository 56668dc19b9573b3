"""Stores and their settings."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "store_unknown": _l("There is no store %(name)s."),
    "store_opened": _l("The store was opened."),
    "store_activated": _l("The store was activated."),
    "store_deactivated": _l("The store was deactivated."),
    "store_settings_changed": _l("The order settings were changed."),
    "store_documents_changed": _l("Settings of documents and e-mails changed"),
    "document_setting_unknown": _l("Documents have no setting %(key)s. Settings are: %(known)s."),
    "too_many_lines": _l("This has too many lines: at most %(most)s fit."),
    "store_deleted": _l("Store %(name)s was deleted with its orders."),
    "store_has_submissions": _l(
        "Submissions for orders of this store are still open. "
        "Wait until they finish, or undo them under Sent to Amazon."
    ),
    "typed_name_differs": _l("Type the store's name exactly: %(name)s"),
    "setting_unknown": _l("There is no order setting %(key)s. Settings are: %(known)s."),
    "setting_choice": _l("%(key)s must be one of: %(choices)s."),
    "setting_without_value": _l("%(text)s is not KEY=VALUE. Write it as in --set language=de, one --set for each."),
    "processing_status_required": _l("Enter the status of new orders, or choose the default order status."),
}
