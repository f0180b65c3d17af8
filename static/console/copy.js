"use strict";
// Copies what a field holds. The clipboard of the browser wants a safe origin; elsewhere the selected text is copied.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  if (window.isSecureContext && navigator.clipboard) {
    await navigator.clipboard.writeText(field.value).catch(() => document.execCommand("copy"));
  } else {
    document.execCommand("copy");
  }
  button.textContent = button.dataset.copied;
});
