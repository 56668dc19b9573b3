"""URLs of both sites."""

from django.urls import path

from benchmarks.peers.django_admin.admin import default, fastest

urlpatterns = [path("admin/", default.urls), path("fast/", fastest.urls)]
