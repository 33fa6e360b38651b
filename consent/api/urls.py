from django.urls import path

from consent.api import documentation, views

app_name = "api"
urlpatterns = [
    path("v1/consent/", views.ConsentView.as_view(), name="consent"),
    path("v1/consent/notice/", views.NoticeView.as_view(), name="notice"),
    path("v1/consent/receipts/<uuid:record>/", views.ReceiptView.as_view(), name="receipt"),
    path("v1/csp-reports/", views.csp_reports, name="csp-reports"),
    path("schema/", documentation.schema, name="schema"),
    path("docs/", documentation.page, name="docs"),
]
