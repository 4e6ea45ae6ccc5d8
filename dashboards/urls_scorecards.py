"""Addresses of scorecards, decisions, subscriptions and saved views."""

from django.urls import path

from dashboards.views.decisions import decision, decision_edit, decision_new, decisions, decisions_look
from dashboards.views.scorecard_files import (
    export_template_remove,
    export_templates,
    scorecard_export_file,
    scorecard_print,
    scorecard_verify,
)
from dashboards.views.scorecards import (
    scorecard,
    scorecard_act,
    scorecard_comment,
    scorecard_edit,
    scorecard_new,
    scorecards,
)
from dashboards.views.subscriptions import (
    saved_view_remove,
    saved_view_rename,
    saved_views,
    subscription_end,
    subscriptions,
)

urlpatterns = [
    path("scorecards/", scorecards, name="scorecards"),
    path("scorecards/new/", scorecard_new, name="scorecard-new"),
    path("scorecards/subscriptions/", subscriptions, name="subscriptions"),
    path("scorecards/subscriptions/<int:number>/end/", subscription_end, name="subscription-end"),
    path("scorecards/templates/", export_templates, name="export-templates"),
    path("scorecards/templates/<int:number>/remove/", export_template_remove, name="export-template-remove"),
    path("scorecards/<str:period>/", scorecard, name="scorecard"),
    path("scorecards/<str:period>/edit/", scorecard_edit, name="scorecard-edit"),
    path("scorecards/<str:period>/comment/", scorecard_comment, name="scorecard-comment"),
    path("scorecards/<str:period>/print/", scorecard_print, name="scorecard-print"),
    path("scorecards/<str:period>/export/", scorecard_export_file, name="scorecard-export"),
    path("scorecards/<str:period>/verify/", scorecard_verify, name="scorecard-verify"),
    path("scorecards/<str:period>/do/<slug:act>/", scorecard_act, name="scorecard-act"),
    path("decisions/", decisions, name="decisions"),
    path("decisions/new/", decision_new, name="decision-new"),
    path("decisions/signals/", decisions_look, name="decisions-look"),
    path("decisions/<int:number>/", decision, name="decision"),
    path("decisions/<int:number>/edit/", decision_edit, name="decision-edit"),
    path("views/", saved_views, name="saved-views"),
    path("views/<int:number>/rename/", saved_view_rename, name="saved-view-rename"),
    path("views/<int:number>/remove/", saved_view_remove, name="saved-view-remove"),
]
