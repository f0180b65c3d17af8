// Names what Select2 puts in place of a select, and leaves nameless for those who cannot see it.
"use strict";

(() => {
  const textOf = (element) => (element ? element.textContent.trim() : "");

  const nameOf = (select) => {
    const given = select.getAttribute("aria-label") || (select.labels && textOf(select.labels[0]));
    if (given) {
      return given;
    }
    // In a table of rows below a row, the column's heading is the name.
    const cell = select.closest("td");
    return cell ? textOf(cell.closest("table").querySelectorAll("thead th")[cell.cellIndex]) : "";
  };

  const nameParts = (container) => {
    const select = container.previousElementSibling;
    if (!(select instanceof HTMLSelectElement)) {
      return;
    }
    const name = nameOf(select);
    for (const part of container.querySelectorAll("[role=combobox], [role=textbox], input[type=search]")) {
      part.removeAttribute("aria-labelledby");
      part.setAttribute("aria-label", name);
    }
  };

  const nameAll = () => {
    document.querySelectorAll("select + .select2-container").forEach(nameParts);
    const open = document.querySelector("select + .select2-container--open");
    const search = document.querySelector(".select2-dropdown input[type=search]");
    if (open && search) {
      search.setAttribute("aria-label", nameOf(open.previousElementSibling));
    }
  };

  // Select2 has names of its own for languages; where nothing else says it, it takes the page's.
  const nameLanguages = () => {
    if (document.documentElement.lang === "zh-hans") {
      document.querySelectorAll("select.unfold-admin-autocomplete:not([lang])").forEach((select) => {
        select.lang = "zh-CN";
      });
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    nameLanguages();
    nameAll();
    new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
  });
})();
