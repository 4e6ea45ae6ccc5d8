"""The named company of the demo: Nordlys Systems, its portfolios, projects, customers and services. All made up."""

from __future__ import annotations

from typing import NamedTuple


class DemoCustomer(NamedTuple):
    """A named customer and how its health goes: level at the start, slope over the window, shock in the last year."""

    name: str
    segment: str
    country: str
    acquired_months_ago: int
    importance: int
    arr: int
    level: float
    slope: float
    shock: float
    left_months_ago: int = 0


class DemoProject(NamedTuple):
    """A named project: `late` is actual over planned duration, `impact` its pull on customer outcomes."""

    name: str
    service: int
    impact: float
    cost_index: float
    late: float
    start: int
    plan: int
    currency: str
    budget: int
    priority: int


SERVICES = (
    ("S-PAY", "Payments platform", "Payments"),
    ("S-PORTAL", "Customer portal", "Portal"),
    ("S-FIELD", "Field app", "Mobile"),
    ("S-DATA", "Data exchange", "Data"),
    ("S-HELP", "Help desk", "Support"),
    ("S-ID", "Sign-in", "Platform"),
)

PORTFOLIOS = (
    ("PF-PAY", "Payments and claims"),
    ("PF-ONB", "Customer onboarding"),
    ("PF-FLD", "Field operations"),
    ("PF-PLT", "Platform and compliance"),
)

PROGRAMS = (
    ("PG-INST", "Instant payments", 0),
    ("PG-CLM", "Claims and billing", 0),
    ("PG-SELF", "Self-service", 1),
    ("PG-CARE", "Support and care", 1),
    ("PG-WORK", "Work in the field", 2),
    ("PG-GRID", "Metering and tariffs", 2),
    ("PG-CLOUD", "Cloud platform", 3),
    ("PG-TRUST", "Trust and compliance", 3),
)

CUSTOMERS = (
    DemoCustomer("Aldergate Bank", "finance", "GB", 86, 5, 4_200_000, 0.74, -0.10, -0.22),
    DemoCustomer("Meridian Freight", "logistics", "NL", 61, 4, 2_600_000, 0.70, -0.16, -0.14),
    DemoCustomer("Västra Care", "public health", "SE", 74, 4, 3_100_000, 0.46, 0.30, 0.0),
    DemoCustomer("Fjordvind Energy", "energy", "NO", 52, 3, 1_900_000, 0.52, 0.24, 0.0),
    DemoCustomer("Kestrel Insurance", "finance", "DE", 97, 4, 2_900_000, 0.60, 0.10, 0.0),
    DemoCustomer("Lumen Retail Group", "retail", "FR", 44, 3, 1_700_000, 0.55, 0.12, -0.08),
    DemoCustomer("Harborline Ports", "logistics", "US", 58, 3, 2_200_000, 0.63, 0.04, 0.0),
    DemoCustomer("Solvik Kommun", "public sector", "SE", 110, 2, 900_000, 0.58, 0.16, 0.0),
    DemoCustomer("Tessera Pharma", "health", "CH", 39, 3, 1_500_000, 0.66, 0.08, 0.0),
    DemoCustomer("Copperfield Utilities", "energy", "US", 66, 3, 2_400_000, 0.49, 0.18, 0.06),
    DemoCustomer("Brightwater Telecom", "telecom", "DK", 70, 2, 1_300_000, 0.48, -0.24, 0.0, left_months_ago=7),
    DemoCustomer("Nordstjernan Foods", "retail", "SE", 15, 2, 800_000, 0.60, 0.20, 0.0),
)

PROJECTS = (
    DemoProject("Zero-downtime payments", 0, 5.0, 0.83, 1.20, 15, 20, "EUR", 2_400_000, 9),
    DemoProject("Instant settlement", 0, 2.0, 0.97, 1.05, 21, 18, "EUR", 1_600_000, 7),
    DemoProject("Card dispute flow", 0, 1.2, 1.04, 0.95, 3, 14, "EUR", 620_000, 5),
    DemoProject("Payment queue rebuild", 0, 1.6, 0.92, 1.15, 20, 18, "EUR", 980_000, 8),
    DemoProject("Fraud scoring", 0, 0.0, 1.12, 0.94, 1, 17, "EUR", 1_450_000, 8),
    DemoProject("Claims API v3", 0, 3.0, 0.90, 1.17, 10, 18, "EUR", 1_350_000, 7),
    DemoProject("Claims photo intake", 2, 1.0, 1.01, 1.00, 17, 14, "EUR", 540_000, 4),
    DemoProject("Renewal billing", 0, 1.1, 1.02, 1.03, 24, 16, "EUR", 760_000, 6),
    DemoProject("Partner payout ledger", 0, 0.0, 1.06, 0.97, 22, 17, "EUR", 880_000, 3),
    DemoProject("Fleet claims pilot", 2, 0.4, 0.88, 1.25, 26, 12, "USD", 420_000, 2),
    DemoProject("Self-service onboarding", 1, 4.2, 0.86, 1.12, 14, 21, "EUR", 1_900_000, 9),
    DemoProject("Self-service portal", 1, 2.4, 0.98, 1.04, 2, 20, "SEK", 14_300_000, 7),
    DemoProject("Mobile ordering", 2, 1.5, 1.03, 0.98, 3, 15, "EUR", 680_000, 5),
    DemoProject("Digital signing", 1, 0.8, 1.08, 0.96, 29, 12, "EUR", 380_000, 4),
    DemoProject("Patient portal sign-in", 5, 1.9, 0.94, 1.10, 22, 15, "SEK", 8_200_000, 6),
    DemoProject("Support triage", 4, 2.6, 0.95, 1.06, 11, 13, "EUR", 560_000, 8),
    DemoProject("Knowledge base", 4, 1.3, 1.05, 1.00, 6, 12, "SEK", 4_100_000, 5),
    DemoProject("Chat hand-over", 4, 0.9, 0.99, 1.08, 27, 11, "EUR", 340_000, 4),
    DemoProject("CRM migration", 5, -3.2, 1.02, 1.02, 19, 20, "EUR", 2_100_000, 9),
    DemoProject("Customer health alerts", 3, 0.7, 1.00, 1.00, 27, 12, "EUR", 310_000, 6),
    DemoProject("Field app offline mode", 2, 2.2, 0.93, 1.14, 20, 16, "EUR", 890_000, 7),
    DemoProject("Freight slot booking", 1, 1.4, 0.97, 1.07, 15, 15, "EUR", 720_000, 6),
    DemoProject("Warehouse labels", 2, 0.6, 1.07, 0.93, 13, 9, "USD", 260_000, 3),
    DemoProject("Route planning", 3, 1.0, 0.91, 1.18, 23, 16, "EUR", 640_000, 5),
    DemoProject("Branch router swap", 5, 0.0, 1.10, 0.95, 0, 13, "EUR", 1_150_000, 4),
    DemoProject("Meter reading export", 3, 1.7, 0.96, 1.05, 8, 14, "USD", 590_000, 6),
    DemoProject("Tariff engine", 3, 1.2, 0.89, 1.20, 16, 19, "USD", 1_280_000, 7),
    DemoProject("Outage map", 1, 1.8, 1.01, 1.02, 19, 12, "EUR", 430_000, 5),
    DemoProject("Smart meter roll-out", 2, 0.5, 0.94, 1.10, 4, 34, "EUR", 3_200_000, 8),
    DemoProject("Energy advice pages", 1, 0.0, 1.09, 0.92, 24, 10, "EUR", 210_000, 2),
    DemoProject("Data centre move", 3, -1.6, 0.78, 1.32, 5, 24, "EUR", 3_600_000, 9),
    DemoProject("Service mesh", 5, 0.3, 1.03, 1.00, 14, 14, "EUR", 720_000, 4),
    DemoProject("One view of every alarm", 4, 1.1, 1.05, 0.98, 26, 12, "EUR", 450_000, 5),
    DemoProject("Backup renewal", 3, 0.0, 1.04, 1.00, 25, 9, "EUR", 290_000, 3),
    DemoProject("Developer portal", 1, 0.0, 0.95, 1.12, 28, 14, "EUR", 380_000, 2),
    DemoProject("EU data residency", 3, 1.5, 0.92, 1.08, 10, 18, "EUR", 1_100_000, 8),
    DemoProject("Audit evidence store", 3, 1.3, 1.06, 0.97, 13, 12, "EUR", 400_000, 6),
    DemoProject("Privacy requests", 4, 0.6, 1.00, 1.05, 28, 10, "SEK", 2_600_000, 5),
    DemoProject("Sign-in for partners", 5, 0.0, 0.98, 1.00, 37, 12, "EUR", 520_000, 4),
    DemoProject("Pages for every reader", 1, 0.5, 0.99, 1.02, 39, 14, "EUR", 330_000, 5),
)

FALLING = ((0, 1), (1, 2), (6, 0), (9, 3))
"""Outcomes that fall, by customer and place among its outcomes."""

MANAGERS = (
    "Ines Falk", "Per Ahlm", "Sara Wik", "Tomas Rydell", "Agnes Lund", "Jonas Brandt", "Maja Sjöö", "Elias Norr",
    "Hedda Krantz", "Viktor Dahl", "Lea Hofmann", "Olle Strand",
)  # fmt: skip
SPONSORS = ("Karin Selander", "Mikael Thorne", "Lovisa Grahn", "David Okafor")


class OutcomeIdea(NamedTuple):
    """A measurable wish of a customer; `digits` is how it is rounded."""

    initiative: str
    objective: str
    factor: str
    name: str
    unit: str
    baseline: float
    target: float
    audience: str
    digits: int


OUTCOMES = (
    OutcomeIdea("Never lose a payment", "Payments go through the first time", "quality",
                "Failed payments, share", "percent", 1.8, 0.4, "end_customer", 2),
    OutcomeIdea("Never lose a payment", "Payments go through the first time", "quality",
                "Minutes until a payment is booked", "minutes", 95, 10, "end_customer", 1),
    OutcomeIdea("Answer within the hour", "Nobody waits for help", "performance",
                "Hours to first answer", "hours", 9.5, 1, "customer", 2),
    OutcomeIdea("Answer within the hour", "Nobody waits for help", "performance",
                "Solved at the first contact", "percent", 48, 80, "end_customer", 1),
    OutcomeIdea("Self-service first", "What can be done alone is done alone", "value",
                "Cases done without a call", "percent", 31, 70, "end_customer", 1),
    OutcomeIdea("Self-service first", "What can be done alone is done alone", "value",
                "Days to set up a new user", "days", 34, 8, "customer", 1),
    OutcomeIdea("Right the first time", "Orders and invoices need no second look", "quality",
                "Invoices without a question", "percent", 82, 97, "end_customer", 1),
    OutcomeIdea("Right the first time", "Orders and invoices need no second look", "quality",
                "Corrected orders a week", "orders", 140, 30, "customer", 0),
    OutcomeIdea("On time to the door", "Goods and people arrive when promised", "performance",
                "Deliveries on time", "percent", 86, 96, "end_customer", 1),
    OutcomeIdea("On time to the door", "Goods and people arrive when promised", "performance",
                "Visits closed at the first visit", "percent", 61, 85, "end_customer", 1),
    OutcomeIdea("Pass the audit unprompted", "Evidence is there before it is asked for", "compliance",
                "Controls evidenced automatically", "percent", 12, 90, "customer", 1),
    OutcomeIdea("Pass the audit unprompted", "Evidence is there before it is asked for", "compliance",
                "Days to answer a privacy request", "days", 21, 5, "end_customer", 1),
    OutcomeIdea("Grow the digital share", "More business through the digital channels", "value",
                "Digital share of orders", "percent", 38, 65, "end_customer", 1),
    OutcomeIdea("Grow the digital share", "More business through the digital channels", "value",
                "Baskets completed", "percent", 44, 62, "end_customer", 1),
)  # fmt: skip

THEMES = (
    "Claims", "Payments", "Portal", "Onboarding", "Metering", "Tariff", "Freight", "Warehouse", "Patient", "Billing",
    "Renewal", "Support", "Identity", "Data", "Field", "Route", "Partner", "Fleet", "Audit", "Privacy", "Booking",
    "Order", "Invoice", "Contract", "Alarm", "Outage", "Branch", "Card", "Loan", "Pension",
)  # fmt: skip
THINGS = (
    "intake", "API", "ledger", "pilot", "rebuild", "migration", "triage", "sign-in", "export", "engine", "app",
    "archive", "hand-over", "alerts", "self-service", "dashboard", "roll-out", "consolidation", "automation", "search",
)  # fmt: skip
COMPANY_FIRST = (
    "Alder", "Bright", "Copper", "Dale", "Elm", "Fjord", "Granit", "Harbor", "Iron", "Juniper", "Kestrel", "Lumen",
    "Meridian", "Nord", "Oak", "Pine", "Quarry", "River", "Silver", "Tessera", "Umber", "Vale", "Willow", "Ypsilon",
)  # fmt: skip
COMPANY_LAST = (
    "Bank", "Freight", "Care", "Energy", "Insurance", "Retail", "Ports", "Pharma", "Utilities", "Telecom", "Foods",
    "Logistics", "Health", "Rail", "Media", "Steel", "Paper", "Travel", "Schools", "Housing",
)  # fmt: skip
SEGMENTS = ("finance", "logistics", "public health", "energy", "retail", "public sector", "health", "telecom")
COUNTRIES = ("SE", "DE", "NL", "FR", "NO", "DK", "FI", "US", "GB", "CH")
