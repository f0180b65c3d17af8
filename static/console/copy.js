"use strict";
// Copies what a field or a program holds. The clipboard of the browser wants a safe origin; elsewhere the selected text
// is copied.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  if (field.select) field.select();
  else window.getSelection().selectAllChildren(field);
  const text = field.select ? field.value : field.textContent;
  if (window.isSecureContext && navigator.clipboard) {
    await navigator.clipboard.writeText(text).catch(() => document.execCommand("copy"));
  } else {
    document.execCommand("copy");
  }
  button.textContent = button.dataset.copied;
});
