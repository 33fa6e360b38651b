from django.urls import path

from privacy.views import rights, rights_follow, rights_identity

app_name = "rights"
urlpatterns = [
    path("", rights.rights_page, name="explained"),
    path("sent/<str:ticket>/", rights.sent, name="sent"),
    path("confirm/<str:token>/", rights_follow.confirm, name="confirm"),
    path("<str:reference>/identity/", rights_identity.own, name="identity"),
    path("<str:reference>/<str:token>/identity/", rights_identity.by_link, name="identity-link"),
    path("<str:reference>/", rights_follow.own, name="follow"),
    path("<str:reference>/<str:token>/", rights_follow.by_link, name="follow-link"),
]
