"""Django's admin on the plain copy: `/admin/` as it is by default, `/fast/` with everything left out that costs."""
