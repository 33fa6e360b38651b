from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from clicknconnect.urls import (  # noqa: F401  Django looks for the handlers here
    handler400,
    handler403,
    handler404,
    handler500,
)
from clicknconnect.urls import (
    urlpatterns as site_urls,
)


def minimal(request: HttpRequest) -> HttpResponse:
    return render(request, "minimal.html")


urlpatterns = [path("minimal/", minimal), *site_urls]
