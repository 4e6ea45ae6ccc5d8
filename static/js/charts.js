/* Draws every [data-fig] on the page. Figures arrive as JSON without colours: "$token" strings are put in from the
   theme (script#plotly-theme), so one cached figure serves both themes. No eval, no inline style. A pause
   after SLICE ms of drawing keeps the page answerable; a frame between any two figures would cost as much as one. */
(function () {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const source = document.getElementById("plotly-theme");
  if (!source) return;
  const theme = JSON.parse(source.textContent);
  const NARROW = 520;
  const SLICE = 70;

  function tokens() {
    return theme.tokens[root.dataset.theme || (dark.matches ? "dark" : "light")];
  }

  function paint(value, colours) {
    if (typeof value === "string") {
      if (value[0] === "$") return colours[value.slice(1)] || value;
      return value.includes("{$") ? value.replace(/\{\$([\w-]+)\}/g, (_, name) => colours[name]) : value;
    }
    if (Array.isArray(value)) return value.map((item) => paint(item, colours));
    if (value && typeof value === "object") {
      const out = {};
      for (const key in value) out[key] = paint(value[key], colours);
      return out;
    }
    return value;
  }

  function merge(into, from) {
    for (const key in from) {
      const value = from[key];
      if (value && typeof value === "object" && !Array.isArray(value)) {
        into[key] = merge(into[key] && typeof into[key] === "object" ? into[key] : {}, value);
      } else into[key] = value;
    }
    return into;
  }

  /* On a narrow container the labels move above their bars, so that the bars keep the width. */
  function labelsAbove(figure, height) {
    const axis = figure.layout.yaxis || {};
    const places = axis.tickvals || [];
    const names = axis.ticktext || places;
    const notes = figure.layout.annotations || [];
    const step = (height - 16) / Math.max(1, places.length);
    const half = Math.min(9, step * 0.17);
    places.forEach((place, i) => {
      notes.push({ xref: "paper", x: 0, xanchor: "left", yref: "y", y: place, yanchor: "bottom", yshift: half + 1, text: names[i], showarrow: false });
    });
    merge(figure.layout, {
      annotations: notes,
      yaxis: { showticklabels: false, automargin: false, range: [places.length - 0.55, -0.85], autorange: false },
      bargap: 1 - (2 * half) / step,
      margin: { l: 2, t: 4 },
    });
  }

  /* Room for the words of an axis. Where they are given, it is measured here: Plotly would lay out every word by
     itself, twice, and then the figure once more. An axis that does not fit this is left to Plotly. */
  const LINE = 1.3;
  let pen;
  function measured(words, font) {
    pen = pen || document.createElement("canvas").getContext("2d");
    pen.font = font.size + "px " + font.family;
    return words.map((word) => {
      const lines = String(word).replace(/&(amp|lt|gt|#36);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" }[name] || "$")).split("<br>");
      return { width: Math.max(...lines.map((line) => pen.measureText(line).width)), lines: lines.length };
    });
  }
  function worded(axis) {
    return axis && axis.ticktext && axis.tickvals && axis.range && axis.showticklabels !== false &&
      !(["automargin", "title", "tickangle", "ticklabelposition", "type", "domain", "anchor"].some((key) => key in axis));
  }
  function makeRoom(layout, template, width) {
    const x = layout.xaxis, y = layout.yaxis;
    if (!worded(y) || (x && x.showticklabels !== false && !worded(x)) || Object.keys(layout).some((key) => /^[xy]axis\d/.test(key))) return;
    const font = (axis, of) => merge(merge({}, of.tickfont), axis.tickfont || {});
    const margin = merge(merge({}, template.margin), layout.margin || {});
    const gap = (axis, of) => 4 + (axis.ticklabelstandoff || 0) + ((axis.ticks === undefined ? of.ticks : axis.ticks) ? axis.ticklen || of.ticklen || 5 : 0);
    const right = y.side === "right" ? "r" : "l";
    margin[right] = Math.max(margin[right], Math.ceil(Math.max(0, ...measured(y.ticktext, font(y, template.yaxis)).map((w) => w.width)) + gap(y, template.yaxis) + 1));
    if (x && x.showticklabels !== false) {
      const face = font(x, template.xaxis);
      const number = (value) => (typeof value === "string" ? Date.parse(value) : value);
      const [from, to] = x.range.map(number);
      const plot = width - margin.l - margin.r;
      const words = measured(x.ticktext, face)
        .map((word, i) => ({ ...word, at: (plot * (number(x.tickvals[i]) - from)) / (to - from) }))
        .filter((word) => !(word.at < -1 || word.at > plot + 1));
      if (words.some((word) => !Number.isFinite(word.at))) return;
      words.sort((a, b) => a.at - b.at);
      if (words.some((word, i) => i && word.at - words[i - 1].at < (word.width + words[i - 1].width) / 2 + 4)) return;
      const side = x.side === "top" ? "t" : "b";
      margin[side] = Math.max(margin[side], Math.ceil(Math.max(0, ...words.map((w) => w.lines)) * face.size * LINE + gap(x, template.xaxis) + 2));
      words.forEach((word) => {
        margin.l = Math.max(margin.l, Math.ceil(word.width / 2 - word.at));
        margin.r = Math.max(margin.r, Math.ceil(word.width / 2 - (plot - word.at)));
      });
      merge(x, { automargin: false, ticklabeloverflow: "allow", tickangle: 0 });
    }
    merge(y, { automargin: false, ticklabeloverflow: "allow" });
    layout.margin = margin;
  }

  function draw(element) {
    const json = document.getElementById(element.dataset.fig);
    if (!json || !window.Plotly || !element.clientWidth) return Promise.resolve();
    const figure = paint(JSON.parse(json.textContent), tokens());
    const narrow = element.clientWidth < NARROW;
    figure.layout = figure.layout || {};
    if (narrow && figure.narrow) {
      merge(figure.layout, figure.narrow.layout || {});
      (figure.narrow.data || []).forEach((trace, i) => merge(figure.data[i], trace));
      if (figure.narrow.labelsAbove) labelsAbove(figure, element.clientHeight);
    }
    const config = merge({}, theme.config);
    figure.layout.template = paint(theme.template, tokens());
    makeRoom(figure.layout, figure.layout.template.layout, element.clientWidth);
    figure.layout.height = element.clientHeight;
    figure.layout.separators = root.lang === "sv" ? ",\u00a0" : ".,";
    return window.Plotly.react(element, figure.data, figure.layout, config).then(() => {
      element.dataset.drawn = narrow ? "narrow" : "wide";
      /* a viewBox lets the print style scale the drawing without a redraw */
      element.querySelectorAll(".main-svg").forEach((svg) => {
        svg.setAttribute("viewBox", "0 0 " + svg.getAttribute("width") + " " + svg.getAttribute("height"));
      });
      element.setAttribute("aria-busy", "false");
      if (element.dataset.link !== undefined) follow(element);
    });
  }

  /* A mark whose customdata[0] is an address opens it; the same links stand in the table. */
  function follow(element) {
    if (element.dataset.follows) return;
    element.dataset.follows = "1";
    element.on("plotly_click", (event) => {
      const data = event.points[0] && event.points[0].customdata;
      const url = Array.isArray(data) ? data[0] : data;
      if (typeof url === "string" && /^[/?]/.test(url)) location.assign(url);
    });
  }

  function pause() {
    return new Promise((resolve) => setTimeout(resolve, 0));
  }

  async function all(filter) {
    let begun = performance.now();
    for (const element of document.querySelectorAll("[data-fig]")) {
      if (filter && !filter(element)) continue;
      await draw(element);
      if (performance.now() - begun < SLICE) continue;
      await pause();
      begun = performance.now();
    }
    root.dataset.charts = "ready";
  }

  /* Chromium lays out with the real fonts only once they are there; without storage of fonts draw at once. */
  const fonts = document.fonts && document.fonts.load
    ? Promise.all([document.fonts.load("12px Inter"), document.fonts.load("600 12px Inter")]).catch(() => undefined)
    : Promise.resolve();
  fonts.then(() => all());
  dark.addEventListener("change", () => all());
  document.addEventListener("epmo:theme", () => all());
  document.addEventListener("htmx:afterSwap", () => all((element) => !element.dataset.drawn));
  document.addEventListener("toggle", (event) => {
    if (event.target.open) all((element) => !element.dataset.drawn && event.target.contains(element));
  }, true);

  let timer;
  addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(() => all((element) => (element.clientWidth < NARROW ? "narrow" : "wide") !== element.dataset.drawn), 150);
  });

  /* Save a chart as a picture: the drawing that is on the page, as SVG or PNG. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-save]");
    if (!button) return;
    const element = document.querySelector('[data-fig="' + button.dataset.for + '"]');
    if (!element || !element.dataset.drawn) return;
    const format = button.dataset.save;
    window.Plotly.toImage(element, { format: format, width: element.clientWidth, height: element.clientHeight, scale: format === "png" ? 2 : 1 }).then((uri) => {
      const link = document.createElement("a");
      link.href = uri;
      link.download = button.dataset.for + "." + format;
      link.click();
    });
  });
})();
