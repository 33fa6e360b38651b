from django.urls import path

from privacy.views import home, password, registration, session

app_name = "account"
urlpatterns = [
    path("", home.home, name="home"),
    path("login/", session.log_in, name="login"),
    path("logout/", session.log_out, name="logout"),
    path("register/", registration.register_page, name="register"),
    path("confirm/<str:token>/", registration.confirm, name="confirm"),
    path("password/reset/", password.reset_page, name="password-reset"),
    path("password/reset/<str:token>/", password.reset, name="password-set"),
]
