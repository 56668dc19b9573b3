// Progressive enhancement: every page works without this script.
(() => {
  "use strict";

  document.documentElement.classList.add("js");

  // The dialog opens when HTMX swaps a fragment into it; closing empties it.
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

  // Toasts: the page shows one itself when there is no response, or one without a toast (of a proxy).
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

  // After a validation error the first invalid field gets the focus, so that screen readers read its error.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.xhr?.status !== 422) return;
    const below = document.querySelector("#document-form .field-error")?.closest("[id$='-below']");
    const field = below && document.querySelector(`[aria-describedby~="${below.id}"]`);
    field?.focus();
    field?.select?.();
  });

  // A list that was filtered, sorted or paged says how many rows it has now.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!event.target.matches?.(".order-rows")) return;
    const count = event.target.querySelector(".pager-text, .empty-title");
    document.getElementById("list-status").textContent = count?.textContent ?? "";
  });

  // After signing in again in another tab, the forms of this page use the new token.
  document.addEventListener("freshToken", (event) => {
    for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = event.detail.value;
  });

  // Forms with data-confirm ask first, and no form is sent twice.
  const confirmation = document.getElementById("confirm");
  const ask = (form, submitter) => {
    confirmation.querySelector("[data-question]").textContent = form.dataset.confirm;
    confirmation.returnValue = "";
    confirmation.addEventListener("close", () => {
      if (confirmation.returnValue !== "yes") {
        submitter?.focus();
        return;
      }
      form.dataset.confirmed = "yes";
      form.requestSubmit(submitter);
    }, { once: true });
    confirmation.showModal();
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const alreadySent = form.dataset.sent && form.method === "post";
    const question = form.dataset.confirm && !form.dataset.confirmed;
    delete form.dataset.confirmed;
    if (alreadySent || question) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (question && !alreadySent) ask(form, event.submitter);
    } else if (!form.hasAttribute("hx-post") && !("download" in form.dataset)) {
      form.dataset.sent = "yes";
    }
  }, true);
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // Selecting rows of a list: the checkbox in the head, a range with Shift, and the key x for the current row.
  let lastSelected = null;
  const boxes = (root) => [...root.querySelectorAll("tbody input[data-choose]")];
  const count = (root) => {
    const bar = root.querySelector("[data-chosen]");
    if (!bar) return;
    const all = boxes(root);
    const checked = all.filter((box) => box.checked).length;
    const allMatching = root.querySelector("[data-choose-all]")?.checked;
    bar.querySelector("[data-count]").textContent = checked;
    bar.classList.toggle("is-empty", !checked && !allMatching);
    const head = root.querySelector("[data-choose-page]");
    head.checked = checked > 0 && checked === all.length;
    head.indeterminate = checked > 0 && checked < all.length;
  };
  document.addEventListener("click", (event) => {
    const box = event.target.closest("input[data-choose]");
    if (!box) return;
    const all = boxes(box.closest(".order-rows"));
    const [from, to] = [all.indexOf(lastSelected), all.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const other of all.slice(from, to + 1)) other.checked = box.checked;
    lastSelected = box;
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
  // The current row is the one under the pointer or the one with the focus, whichever moved last.
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

  // Scroll the current tab into view when the tabs do not fit.
  const showTab = () => {
    const open = document.querySelector(".tabs [aria-current]");
    const row = open?.closest(".tabs");
    if (row && row.scrollWidth > row.clientWidth) row.scrollLeft = open.offsetLeft - row.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
  };
  document.addEventListener("htmx:afterSettle", showTab);
  showTab();

  // Menus close on a click elsewhere.
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
