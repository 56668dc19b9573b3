/* What the pages cannot do by themselves. Everything here is an extra: each page works without it. */
(() => {
  "use strict";

  document.documentElement.classList.add("js");

  // The dialog: HTMX has put a fragment in it, so it opens; closing it empties it.
  const dialog = document.getElementById("dialog");
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === dialog && dialog.childElementCount && !dialog.open) dialog.showModal();
  });
  dialog.addEventListener("close", () => dialog.replaceChildren());
  dialog.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-close]");
    if (closer) event.preventDefault();
    if (closer || event.target === dialog) dialog.close();
  });

  // Toasts: an answer that holds none (a proxy's page) and no answer at all get one from the page.
  const toasts = document.getElementById("toasts");
  const noAnswer = () => toasts.append(document.getElementById("no-answer").content.cloneNode(true));
  document.addEventListener("htmx:sendError", noAnswer);
  document.addEventListener("htmx:timeout", noAnswer);
  document.addEventListener("htmx:responseError", (event) => {
    if (!event.detail.xhr.responseText.includes("data-toast")) noAnswer();
  });
  toasts.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) event.target.closest("[data-toast]").remove();
  });

  // A document that was refused: the cursor goes to the first mistake, which a reader of the screen then reads out.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.xhr?.status !== 422) return;
    const below = document.querySelector("#document-form .field-error")?.closest("[id$='-below']");
    const field = below && document.querySelector(`[aria-describedby~="${below.id}"]`);
    field?.focus();
    field?.select?.();
  });

  // A page that outlived its session goes on with the one that was begun beside it.
  document.addEventListener("freshToken", (event) => {
    for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = event.detail.value;
  });

  // Forms ask before they do what was marked, and are not sent twice by an impatient finger.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = form.dataset.confirm;
    const twice = form.dataset.sent && form.method === "post";
    if (twice || (question && !window.confirm(question))) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (!form.hasAttribute("hx-post") && !("download" in form.dataset)) {
      form.dataset.sent = "yes";
    }
  }, true);
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // Choosing rows of a list: the box in the head, a range with Shift, and x for the row one is at.
  let chosenLast = null;
  const boxes = (root) => [...root.querySelectorAll("tbody input[data-choose]")];
  const count = (root) => {
    const bar = root.querySelector("[data-chosen]");
    if (!bar) return;
    const all = boxes(root);
    const many = all.filter((box) => box.checked).length;
    const whole = root.querySelector("[data-choose-all]")?.checked;
    bar.querySelector("[data-count]").textContent = many;
    bar.classList.toggle("is-empty", !many && !whole);
    const head = root.querySelector("[data-choose-page]");
    head.checked = many > 0 && many === all.length;
    head.indeterminate = many > 0 && many < all.length;
  };
  document.addEventListener("click", (event) => {
    const box = event.target.closest("input[data-choose]");
    if (!box) return;
    const all = boxes(box.closest(".order-rows"));
    const [from, to] = [all.indexOf(chosenLast), all.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    chosenLast = box;
  });
  document.addEventListener("change", (event) => {
    const root = event.target.closest(".order-rows");
    if (!root) return;
    if (event.target.matches("[data-choose-page]")) for (const box of boxes(root)) box.checked = event.target.checked;
    count(root);
  });
  const countAll = () => { for (const root of document.querySelectorAll(".order-rows")) count(root); };
  document.addEventListener("htmx:afterSettle", countAll);
  window.addEventListener("pageshow", countAll);
  // Who moved the mouse last means the row under it, who moved the focus last the row of the focus.
  let byMouse = false;
  document.addEventListener("pointermove", () => { byMouse = true; });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Tab") byMouse = false;
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog")) return;
    const focused = document.activeElement?.closest("tbody tr");
    const hovered = document.querySelector("tbody tr:hover");
    const row = byMouse ? hovered ?? focused : focused ?? hovered;
    row?.querySelector("input[data-choose]")?.click();
  });

  // Copy buttons.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("copied");
    button.setAttribute("aria-label", button.dataset.copied);
    setTimeout(() => button.classList.remove("copied"), 1500);
  });

  // Of tabs that do not fit, the one that is open can be seen.
  const showTab = () => {
    const open = document.querySelector(".tabs [aria-current]");
    const row = open?.closest(".tabs");
    if (row && row.scrollWidth > row.clientWidth) row.scrollLeft = open.offsetLeft - row.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
  };
  document.addEventListener("htmx:afterSettle", showTab);
  showTab();

  // Menus close when one looks elsewhere.
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.activeElement?.closest("details.menu[open]");
      closeMenus();
      menu?.querySelector("summary").focus();
    }
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
})();
