from django.urls import path

from privacy.views import objection

app_name = "objection"
urlpatterns = [path("<str:token>/", objection.page, name="page")]
