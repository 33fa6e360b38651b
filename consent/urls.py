from django.urls import path

from consent.views import choices, policy

app_name = "consent"
urlpatterns = [
    path("", policy.current, name="policy"),
    path("versions/", policy.versions, name="versions"),
    path("versions/<int:number>/", policy.version, name="version"),
    path("cookies/", choices.cookies_page, name="cookies"),
]
