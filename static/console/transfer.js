"use strict";
// Goes on with an import by itself, portion by portion; without scripts, a button does.
window.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-goes-on]");
  if (!form) return;
  const timer = window.setTimeout(() => form.requestSubmit(form.querySelector("[name=confirm]")), 500);
  form.addEventListener("submit", () => window.clearTimeout(timer));
});
