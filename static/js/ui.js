/* Theme, menu, popovers, the explain panel and a few keys. Every page works without it. */
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  function setTheme(name) {
    root.dataset.theme = name;
    document.cookie = "epmo_theme=" + name + "; path=/; max-age=31536000; samesite=lax";
    document.dispatchEvent(new CustomEvent("epmo:theme"));
  }

  /* Kept for the person, with the token of the log-out form beside it; without one the cookie alone remembers. */
  function keepTheme(url, name) {
    const token = document.querySelector(".who [name=csrfmiddlewaretoken]");
    if (!url || !token) return;
    const body = new URLSearchParams({ theme: name, csrfmiddlewaretoken: token.value });
    fetch(url, { method: "POST", body, keepalive: true }).catch(() => {});
  }

  /* Whether a text is on the clipboard. Browsers give the clipboard to https only; elsewhere the old command serves. */
  function copied(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
    const box = document.createElement("textarea");
    const back = document.activeElement;
    box.value = text;
    box.readOnly = true;
    box.className = "vh";
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    if (back) back.focus();
    return Promise.resolve(done);
  }

  const acts = {
    theme(button) {
      const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
      const next = now === "dark" ? "light" : "dark";
      setTheme(next);
      keepTheme(button.dataset.keep, next);
    },
    menu(button) {
      button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
    },
    close() {
      closePanel();
    },
    print() {
      window.print();
    },
    copy(button) {
      const said = document.getElementById("said");
      copied(location.href).then((done) => {
        if (said) said.textContent = done ? button.dataset.done : location.href;
      });
    },
  };

  /* The explain panel: htmx fills it, this opens it, moves focus in, and gives it back on closing. */
  let opener = null;
  function panel() {
    return document.getElementById("explain");
  }
  function openPanel(from) {
    const box = panel();
    if (!box) return;
    if (opener && opener !== from) opener.setAttribute("aria-expanded", "false");
    opener = from;
    if (opener) opener.setAttribute("aria-expanded", "true");
    box.hidden = false;
    box.scrollTop = 0;
    box.focus({ preventScroll: true });
  }
  function closePanel() {
    const box = panel();
    if (!box || box.hidden) return false;
    box.hidden = true;
    if (opener) {
      opener.setAttribute("aria-expanded", "false");
      if (opener.isConnected) opener.focus();
    }
    opener = null;
    return true;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button && acts[button.dataset.act]) acts[button.dataset.act](button);
    document.querySelectorAll("details.pop[open]").forEach((box) => {
      if (!box.contains(event.target)) box.open = false;
    });
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target && event.detail.target.id === "explain") openPanel(event.detail.requestConfig.elt);
  });
  /* An error page is no fragment: follow the link instead, so that the reader sees it. */
  document.addEventListener("htmx:responseError", (event) => {
    const link = event.detail.requestConfig.elt;
    if (link && link.href) location.assign(link.href);
  });

  /* Suggestions of the search box: arrows walk them, Escape and leaving the box close them. */
  function found() {
    return document.getElementById("found");
  }
  document.addEventListener("focusout", (event) => {
    const form = event.target.closest && event.target.closest(".find");
    if (form && event.relatedTarget && !form.contains(event.relatedTarget)) found().replaceChildren();
  });
  document.addEventListener("click", (event) => {
    if (found() && !event.target.closest(".find")) found().replaceChildren();
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest && event.target.closest(".find");
    if (!form || !found()) return;
    if (event.key === "Escape" && found().childElementCount) {
      found().replaceChildren();
      document.getElementById("search").focus();
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [document.getElementById("search"), ...found().querySelectorAll("a")];
    const next = stops[stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const pop = document.querySelector("details.pop[open]");
      if (pop) {
        pop.open = false;
        pop.querySelector("summary").focus();
      } else closePanel();
      return;
    }
    if (event.key === "/" && root.dataset.keys !== "off" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.target.closest("input, textarea, select, [contenteditable]")) return;
      const box = document.getElementById("search");
      if (box) {
        event.preventDefault();
        const menu = document.querySelector(".btn.menu");
        if (menu && !box.clientWidth) menu.setAttribute("aria-expanded", "true");
        box.focus();
        box.select();
      }
    }
  });
})();
