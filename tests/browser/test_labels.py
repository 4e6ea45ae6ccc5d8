"""The words of every axis have room: none is cut off by the edge of its chart, none lies over its neighbour."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser
PAGES = ["/", "/customers/C-ALFA/", "/projects/", "/projects/P-1/", "/initiatives/I-1/", "/people/", "/incidents/"]
PAGES += ["/metrics/defect_time_to_fix/", "/styleguide/"]
LOOKS = {
    "wide": {"viewport": {"width": 1440, "height": 900}},
    "narrow": {"viewport": {"width": 390, "height": 844}},
    "swedish": {"locale": "sv-SE", "viewport": {"width": 1024, "height": 768}},
}

# Words that Plotly hides have no width; those that it turns overlap by their boxes alone.
FAULTS = r"""
[...document.querySelectorAll("[data-fig][data-drawn]")].flatMap((chart) => {
  const edge = chart.getBoundingClientRect(), name = chart.dataset.fig;
  const boxes = (of) => [...chart.querySelectorAll(of)]
    .map((e) => ({word: e.textContent, at: e.getBoundingClientRect(), turn: e.getAttribute("transform") || ""}))
    .filter(({word, at}) => word.trim() && at.width);
  const cut = [...boxes(".xtick text"), ...boxes(".ytick text")].filter(({at}) => at.left < edge.left - 1
    || at.right > edge.right + 1 || at.top < edge.top - 1 || at.bottom > edge.bottom + 1);
  const level = boxes(".xtick text").filter(({turn}) => !/rotate\((?!0[,)])/.test(turn));
  level.sort((a, b) => a.at.left - b.at.left);
  const over = level.filter(({at}, i) => i && at.left < level[i - 1].at.right
    && at.top < level[i - 1].at.bottom && level[i - 1].at.top < at.bottom);
  return [...cut.map(({word}) => `${name}: ${word} is cut off`), ...over.map(({word}) => `${name}: ${word} lies over`)];
})
"""


@pytest.mark.parametrize("look", LOOKS)
def test_words_of_axes_have_room(reader, look):
    person = reader("lead", **LOOKS[look])
    wrong, drawn = [], 0
    for path in PAGES:
        person.open(path)
        wrong += [f"{path} {fault}" for fault in person.page.evaluate(FAULTS)]
        drawn += person.page.evaluate("document.querySelectorAll('[data-fig][data-drawn]').length")

    assert wrong == []
    assert drawn > 20
