"""django-oscar's dashboard, on its own tables filled with the same orders."""
