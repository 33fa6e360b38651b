from django.urls import path

from privacy.views import enrolment, exports, factor, home, password, registration, session, space

app_name = "account"
urlpatterns = [
    path("", home.home, name="home"),
    path("marketing/", space.marketing, name="marketing"),
    path("objection/", space.object_page, name="objection"),
    path("close/", space.close, name="close"),
    path("login/", session.log_in, name="login"),
    path("login/code/", session.enter_code, name="code"),
    path("logout/", session.log_out, name="logout"),
    path("staff/<str:token>/", enrolment.enrol, name="enrol"),
    path("factor/", factor.factor_page, name="factor"),
    path("factor/codes/", factor.renew_codes, name="factor-codes"),
    path("factor/remove/", factor.remove, name="factor-remove"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<uuid:archive>/", exports.download, name="export-download"),
    path("register/", registration.register_page, name="register"),
    path("confirm/<str:token>/", registration.confirm, name="confirm"),
    path("password/reset/", password.reset_page, name="password-reset"),
    path("password/reset/<str:token>/", password.reset, name="password-set"),
]
