"""Stored: the facts, their change log, import runs, and rights."""

from portfolio.models.changes import Change, ChangeSet, ImportFile, ImportProblem, ImportRun, Touched
from portfolio.models.customers import (
    Adoption,
    Contribution,
    Customer,
    Initiative,
    Outcome,
    OutcomeMeasurement,
    ReputationSignal,
    Service,
    ServiceCustomer,
    Touchpoint,
)
from portfolio.models.delivery import Benefit, Milestone, Portfolio, Project, ProjectMonth, StatusReport
from portfolio.models.facts import Fact, Team
from portfolio.models.flow import (
    Defect,
    Deployment,
    Incident,
    IncidentImpact,
    Release,
    Standard,
    StandardCheck,
    WorkItem,
)
from portfolio.models.money import Contract, FxRate, LedgerEntry, RevenueEvent, Target
from portfolio.models.people import Capacity, DevelopmentPlan, Idea, Person, PersonMonth, SurveyResponse
from portfolio.models.preferences import Preferences
from portfolio.models.rights import Grant, IdempotencyKey, Profile, RightsEvent, Token

__all__ = [
    "Adoption",
    "Benefit",
    "Capacity",
    "Change",
    "ChangeSet",
    "Contract",
    "Contribution",
    "Customer",
    "Defect",
    "Deployment",
    "DevelopmentPlan",
    "Fact",
    "FxRate",
    "Grant",
    "Idea",
    "IdempotencyKey",
    "ImportFile",
    "ImportProblem",
    "ImportRun",
    "Incident",
    "IncidentImpact",
    "Initiative",
    "LedgerEntry",
    "Milestone",
    "Outcome",
    "OutcomeMeasurement",
    "Person",
    "PersonMonth",
    "Portfolio",
    "Preferences",
    "Profile",
    "Project",
    "ProjectMonth",
    "Release",
    "ReputationSignal",
    "RevenueEvent",
    "RightsEvent",
    "Service",
    "ServiceCustomer",
    "Standard",
    "StandardCheck",
    "StatusReport",
    "SurveyResponse",
    "Target",
    "Team",
    "Token",
    "Touched",
    "Touchpoint",
    "WorkItem",
]
