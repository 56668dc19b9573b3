// Keyboard shortcuts. Nothing is reachable by them alone.
(() => {
  "use strict";

  const isTyping = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  const open = (url) => htmx.ajax("GET", url, { target: "#dialog", swap: "innerHTML" });

  // j and k move through the rows of a list; the first link or checkbox of a row takes the focus, so Enter opens it.
  const moveRow = (step) => {
    const rows = [...document.querySelectorAll(".order-rows tbody tr")].filter((row) => row.querySelector("a[href]"));
    if (!rows.length) return;
    const current = rows.indexOf(document.activeElement?.closest("tbody tr"));
    const next = current < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(current + step, 0), rows.length - 1);
    rows[next].querySelector("a[href]").focus();
    rows[next].scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) open(document.body.dataset.paletteUrl);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || event.target.closest("dialog")) return;
    if (event.key === "?") open(document.body.dataset.shortcutsUrl);
    if (event.key === "j") moveRow(1);
    if (event.key === "k") moveRow(-1);
  });

  // The palette. Actions of the page are its own buttons and links, offered again.
  const links = (palette) => [...palette.querySelectorAll(".palette-list a, .palette-list button")].filter((link) => !link.hidden);
  const offerPageActions = (palette) => {
    const place = palette.querySelector("[data-palette-page]");
    const actions = [...document.querySelectorAll("main .page-actions :is(a, button)")].filter((action) => !action.disabled);
    if (!place || !actions.length) return;
    const title = document.createElement("h2");
    title.textContent = place.dataset.title;
    place.replaceChildren(title, ...actions.map((action) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = action.textContent.trim();
      button.addEventListener("click", () => {
        document.getElementById("dialog").close();
        action.click();
      });
      return button;
    }));
  };
  const narrow = (palette, typed) => {
    const words = typed.toLowerCase().trim();
    for (const link of palette.querySelectorAll(".palette-list > a, [data-palette-page] button")) {
      link.hidden = !link.textContent.toLowerCase().includes(words);
    }
  };
  document.addEventListener("htmx:afterSwap", (event) => {
    const palette = event.detail.target.querySelector?.("[data-palette]");
    if (palette) offerPageActions(palette);
  });
  document.addEventListener("input", (event) => {
    const palette = event.target.closest("[data-palette]");
    if (palette) narrow(palette, event.target.value);
  });
  document.addEventListener("keydown", (event) => {
    const palette = event.target.closest?.("[data-palette]");
    if (!palette) return;
    const all = links(palette);
    const input = palette.querySelector("#palette-input");
    const at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      (next < 0 ? input : all[Math.min(next, all.length - 1)])?.focus();
    } else if (event.key === "Enter" && event.target === input && all.length) {
      // A complete order number is searched for, even while the list of matches is on its way.
      if (/^[\d-]{6,}$/.test(input.value.trim())) return;
      event.preventDefault();
      all[0].click();
    }
  });
})();
