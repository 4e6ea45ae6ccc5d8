"""Every published worked example that bears on a metric or method of ours comes out as published."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.metrics.published_calculations import calculation

CASES = json.loads((Path(__file__).parents[1] / "data" / "golden" / "published_cases.json").read_text(encoding="utf-8"))

OTHER_DEFINITION = {
    "S018": "late entry: our items are all seen from their start",
    "S020": "harmonic mean: factors are averaged arithmetically, the index geometrically",
    "S041": "flow efficiency is no component of cycle_time",
    "S042": "flow efficiency is no component of cycle_time",
    "S071": "process capability (Cp, Cpk) is no component of process_conformance_rate",
    "S074": "process capability (Cp, Cpk) is no component of process_conformance_rate",
    "S076": "benefit-cost ratio is no component of return_on_investment",
    "S082": "discounted and interpolated payback: ours is the first whole month of the undiscounted flows",
    "S087": "renewals at a lower price: our value component takes the annual value of the contract due",
    "S090": "compound annual growth: revenue_growth compares a period with the same months a year before",
    "S091": "compounded growth over several years, as S090",
    "S092": "rule of 40 is no component of revenue_growth",
    "S093": "compound annual growth, as S090",
    "S094": "compound annual growth, as S090",
    "S095": "availability by time: sla_compliance_rate counts checks",
    "S096": "median moving range: our limits use the mean",
    "S102": "restricted mean is no component of tenure_survival",
    "S103": "restricted mean is no component of tenure_survival",
    "S106": "retention rate of people is no component of voluntary_turnover_rate",
}
"""Cases of a variant that the catalogue does not use."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_published_case(case):
    if case["id"] in OTHER_DEFINITION:
        pytest.skip(OTHER_DEFINITION[case["id"]])
    found = calculation(case["metric"], case["calc"])(case["inputs"])

    for name, expected in case["expected"].items():
        tolerance = case["tolerance"][name] if isinstance(case["tolerance"], dict) else case["tolerance"]
        wanted = np.nan if expected is None else expected
        np.testing.assert_allclose(
            np.asarray(found[name], dtype=float), np.asarray(wanted, dtype=float), rtol=0, atol=tolerance + 1e-12
        )


def test_only_known_cases_are_left_out():
    assert set(OTHER_DEFINITION) < {case["id"] for case in CASES}
