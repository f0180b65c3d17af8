"use strict";
// Dragging a department onto another one moves it below that one; the buttons do the same without a mouse.
window.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("tree-form");
  let dragged = null;
  const targetOf = (event) => {
    const row = event.target.closest("[data-dept]");
    if (!dragged || !row || row === dragged || dragged.parentElement.contains(row)) return null;
    return row;
  };
  for (const row of document.querySelectorAll("[data-movable]")) row.draggable = true;
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest ? event.target.closest("[data-movable]") : null;
    if (dragged) event.dataTransfer.setData("text/plain", dragged.dataset.dept);
  });
  document.addEventListener("dragover", (event) => {
    const row = targetOf(event);
    for (const other of document.querySelectorAll(".is-over")) if (other !== row) other.classList.remove("is-over");
    if (!row) return;
    event.preventDefault();
    row.classList.add("is-over");
  });
  document.addEventListener("drop", (event) => {
    const row = targetOf(event);
    if (!row) return;
    event.preventDefault();
    const move = document.createElement("input");
    move.type = "hidden";
    move.name = "move";
    move.value = `under:${dragged.dataset.dept}:${row.dataset.dept}`;
    form.append(move);
    form.submit();
  });
  document.addEventListener("dragend", () => { dragged = null; });
});
