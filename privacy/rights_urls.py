from django.urls import path

from privacy.views import rights

app_name = "rights"
urlpatterns = [path("", rights.explained, name="explained")]
