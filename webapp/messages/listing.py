"""Lists: their columns, views and exports."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "grid_unknown": _l("There is no list called %(name)s."),
    "filters_wrong": _l("These filters cannot be used. Put them right on the list first."),
    "view_unknown": _l("This view is gone, or its owner does not share it any more."),
    "view_of_another": _l("This view belongs to another user."),
    "view_name_wrong": _l("Give the view a name of at most %(most)s characters."),
    "view_name_taken": _l("You have a view called %(name)s already."),
    "view_too_many": _l("You have %(most)s views of this list already. Delete one first."),
    "export_columns_none": _l("All of these columns hold personal data. Choose another one."),
    "export_sort_unknown": _l("The list cannot be put in order by %(name)s. It can by: %(known)s."),
    "export_column_unknown": _l("There is no column %(name)s here. There are: %(known)s."),
    "grid_exported": _l("%(count)s rows of %(name)s exported as %(format)s"),
    "grid_exported_personal": _l("%(count)s rows of %(name)s exported as %(format)s, with personal data"),
}
