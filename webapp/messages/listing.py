"""Lists: their columns, views and exports."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "grid_unknown": _l("There is no list called %(name)s."),
    "filters_wrong": _l("The filters are invalid. Correct them on the list first."),
    "view_unknown": _l("This view was deleted or is no longer shared."),
    "view_of_another": _l("This view belongs to another user."),
    "view_name_wrong": _l("Give the view a name of at most %(most)s characters."),
    "view_name_taken": _l("You already have a view called %(name)s."),
    "view_too_many": _l("You already have %(most)s views of this list. Delete one first."),
    "export_columns_none": _l("All of these columns hold personal data. Choose another one."),
    "export_sort_unknown": _l("The list cannot be sorted by %(name)s. Sortable columns: %(known)s."),
    "export_column_unknown": _l("There is no column %(name)s. Columns: %(known)s."),
    "attention_done": _l("Marked as done: %(cause)s"),
    "attention_snoozed": _l("Snoozed: %(cause)s"),
    "attention_reopened": _l("Shown again: %(cause)s"),
    "grid_exported": _l("%(count)s rows of %(name)s exported as %(format)s"),
    "grid_exported_personal": _l("%(count)s rows of %(name)s exported as %(format)s, with personal data"),
}
