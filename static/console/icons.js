// Lets those who cannot see or point use what the theme made of icons: names in place of ligatures, keys in place of clicks.
"use strict";

(() => {
  const CLICKED = "[x-on\\:click]";
  const ICON = ".material-symbols-outlined";
  const NATIVE = "a[href], button, input, select, textarea, label, summary";
  // What lies behind an open panel takes clicks too, and is nothing to go to.
  const BACKDROP = "#changelist-filter-close";

  // In the language of the page (templates/console/icon_names.html).
  const wordOf = (name) => document.getElementById("icon-names")?.dataset[name] ?? "";

  const wordsOf = (element) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll(ICON).forEach((icon) => icon.remove());
    return copy.matches(ICON) ? "" : copy.textContent.trim();
  };

  const nameIcon = (icon) => {
    const owner = icon.closest(`${CLICKED}, ${NATIVE}`);
    const holder = owner ?? icon.parentElement;
    if (icon !== owner) {
      icon.setAttribute("aria-hidden", "true");
    }
    if (wordsOf(holder)) {
      return;
    }
    const name = wordOf(icon.textContent.trim()) || holder.title;
    if (name && (owner || holder.title)) {
      holder.setAttribute("aria-label", name);
    }
    if (!owner && holder.title) {
      holder.setAttribute("role", "img");
    }
  };

  const isButton = (element) => element.matches(CLICKED) && !element.matches(NATIVE) && !element.matches(BACKDROP);

  const makeButton = (element) => {
    element.setAttribute("role", "button");
    element.tabIndex = 0;
  };

  const nameAll = () => {
    document.querySelectorAll(ICON).forEach(nameIcon);
    document.querySelectorAll(".simplebar-content-wrapper").forEach((part) => part.setAttribute("aria-label", wordOf("scrolled")));
    [...document.querySelectorAll(CLICKED)].filter(isButton).forEach(makeButton);
  };

  document.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && event.target instanceof Element && isButton(event.target)) {
      event.preventDefault();
      event.target.click();
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    nameAll();
    new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
  });
})();
