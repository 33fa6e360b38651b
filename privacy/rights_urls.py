from django.urls import path

from privacy.views import rights, rights_copy, rights_correct, rights_follow, rights_identity

app_name = "rights"
urlpatterns = [
    path("", rights.rights_page, name="explained"),
    path("sent/<str:ticket>/", rights.sent, name="sent"),
    path("confirm/<str:token>/", rights_follow.confirm, name="confirm"),
    path("<str:reference>/identity/", rights_identity.own, name="identity"),
    path("<str:reference>/<str:token>/identity/", rights_identity.by_link, name="identity-link"),
    path("<str:reference>/", rights_follow.own, name="follow"),
    path("<str:reference>/write/", rights_follow.write_own, name="write"),
    path("<str:reference>/<str:token>/write/", rights_follow.write_by_link, name="write-link"),
    path("<str:reference>/archive/<uuid:archive>/", rights_copy.own_copy, name="copy"),
    path(
        "<str:reference>/<str:token>/archive/<uuid:archive>/",
        rights_copy.copy_by_link,
        name="copy-link",
    ),
    path("<str:reference>/<str:token>/", rights_follow.by_link, name="follow-link"),
    path("<str:reference>/<str:token>/correct/", rights_correct.correct, name="correct"),
]
