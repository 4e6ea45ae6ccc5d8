"""The catalogue of this product is the agreed one, entry for entry, and every entry has its formula."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from metrics.checks import check_catalogue
from metrics.registry import CATALOGUE, FAMILIES, LOADER, formulas, metrics

CONTRACT = Path(__file__).parents[3] / "shared" / "contract" / "catalogue.yaml"


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    if not CONTRACT.exists():
        pytest.skip("the contract is not at hand beside the repository: ../shared/contract/catalogue.yaml")
    return load(CONTRACT)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_entries_are_the_contracts(contract: dict[str, Any], family: str) -> None:
    ours = {entry["name"]: entry for entry in load(CATALOGUE / f"{family}.yaml")}
    agreed = {entry["name"]: entry for entry in contract["metrics"] if entry["family"] == family}

    assert list(ours) == list(agreed)
    for name, entry in agreed.items():
        assert ours[name] == entry, name


def test_the_rules_are_the_contracts(contract: dict[str, Any]) -> None:
    assert load(CATALOGUE / "rules.yaml") == {name: part for name, part in contract.items() if name != "metrics"}


def test_the_counts_that_the_catalogue_states_are_true() -> None:
    counts = load(CATALOGUE / "rules.yaml")["counts"]
    entries = metrics().values()

    assert len(entries) == counts["metrics"]
    assert sum(len(entry.components) for entry in entries) == counts["components"]
    for family, number in counts["by_family"].items():
        assert sum(entry.family == family for entry in entries) == number
    for factor, number in counts["by_factor"].items():
        assert sum(entry.factor == factor for entry in entries) == number


def test_every_entry_has_a_formula_and_nothing_else_has() -> None:
    assert set(formulas()) == set(metrics())
    assert check_catalogue(None) == []
