"""A person's settings in a real browser: by keyboard alone, and in a second browser afterwards."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def reset(person):
    """Everything back to what the browser says."""
    person.open("/settings/")
    page = person.page
    page.check("#l-1")
    page.check("#t-system")
    page.check("#k-search")
    page.click("main button[type=submit]")


def focus_on(page, selector, most=80):
    """Tab until the element has the focus."""
    for _step in range(most):
        if page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def test_settings_are_made_by_keyboard_and_follow_to_another_browser(reader):
    chief = reader("chief")
    page = chief.page
    chief.open("/")
    focus_on(page, "a[href='/settings/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/")
    focus_on(page, "input[name=language]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    focus_on(page, "input[name=theme]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    focus_on(page, "#k-search")
    page.keyboard.press("Space")
    focus_on(page, "main button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator(".messages [role=status]")).to_contain_text("Dina inställningar är sparade.")

    other = reader("chief", locale="en-GB", color_scheme="light")
    other.open("/")
    html = other.page.locator("html")
    expect(html).to_have_attribute("lang", "sv")
    expect(html).to_have_attribute("data-theme", "dark")
    other.page.keyboard.press("/")
    assert not other.page.evaluate("document.activeElement.matches('#search')")

    reset(other)
    expect(html).to_have_attribute("lang", "en")
    other.page.keyboard.press("/")
    expect(other.page.locator("#search")).to_be_focused()
    assert chief.errors == other.errors == []


def test_the_switch_of_theme_is_kept_for_the_person(reader):
    lead = reader("lead", color_scheme="light")
    lead.open("/metrics/")
    with lead.page.expect_response("**/settings/theme/") as kept:
        lead.page.click("[data-act=theme]")
    assert kept.value.status == 204

    other = reader("lead", color_scheme="light")
    other.open("/metrics/")
    expect(other.page.locator("html")).to_have_attribute("data-theme", "dark")
    reset(other)
    assert lead.errors == other.errors == []
