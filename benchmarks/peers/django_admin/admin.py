"""Both settings of the list of orders."""

import sys

from django.contrib import admin
from django.core.paginator import Paginator

from benchmarks.peers.django_admin.models import Item, Order


class Items(admin.TabularInline):
    model = Item
    extra = 0


class Default(admin.ModelAdmin):
    """Seven columns, two fields to search, two filters; all else as Django has it."""

    list_display = ("number", "purchased_at", "status", "marketplace", "buyer_name", "total", "ship_by")
    search_fields = ("number", "buyer_name")
    list_filter = ("status", "channel")
    ordering = ("-purchased_at", "-id")
    list_per_page = 50
    inlines = (Items,)


class Uncounted(Paginator):
    """Counts nothing: there is always another page."""

    count = sys.maxsize


class Fastest(Default):
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ()
    paginator = Uncounted


default, fastest = admin.AdminSite("admin"), admin.AdminSite("fast")
default.register(Order, Default)
fastest.register(Order, Fastest)
