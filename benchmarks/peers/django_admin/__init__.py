"""Django's admin on the plain copy: `/admin/` as it is by default, `/fast/` without everything that is slow."""
