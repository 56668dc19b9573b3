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

  // Forms ask before they do what was marked, and are not sent twice by an impatient finger.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = form.dataset.confirm;
    const twice = form.dataset.sent && form.method === "post";
    if (twice || (question && !window.confirm(question))) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (!form.hasAttribute("hx-post")) {
      form.dataset.sent = "yes";
    }
  }, true);
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
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
