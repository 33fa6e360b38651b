from django.urls import path

from privacy.api import copies, requests, staff

app_name = "rights-api"
urlpatterns = [
    path("v1/rights-requests/", requests.RequestsView.as_view(), name="requests"),
    path("v1/rights-requests/<str:reference>/", requests.RequestView.as_view(), name="request"),
    path("v1/rights-requests/<str:reference>/archive/", copies.CopyView.as_view(), name="archive"),
    path("v1/staff/requests/", staff.QueueView.as_view(), name="queue"),
    path("v1/staff/requests/<str:reference>/", staff.OneView.as_view(), name="one"),
    path("v1/staff/requests/<str:reference>/<str:act>/", staff.ActView.as_view(), name="act"),
]
