"use strict";
// While one chooses, the server says which of a client's settings cannot work together; the reason appears at its field.
// Without scripts the same reasons come when the form is sent.
window.addEventListener("DOMContentLoaded", () => {
  const state = document.getElementById("combination-state");
  const form = document.getElementById("client_form");
  if (!state || !form) return;
  const judged = ["dialects", "grant_types", "scopes", "client_type", "authenticates_by", "algorithm"];
  const sent = [...judged, "redirect_uris", "is_resource_server", "tenant", "csrfmiddlewaretoken"];
  let latest = 0;

  const place = (name) => {
    const control = form.querySelector(`[name="${name}"]`);
    return control && (control.closest(`.field-${name}`) || control.parentElement);
  };

  const show = (name, texts) => {
    const field = place(name);
    if (!field) return;
    let note = field.querySelector(".combination");
    if (!note) {
      note = document.createElement("div");
      note.className = "combination";
      note.id = `combination-${name}`;
      field.append(note);
      field.querySelectorAll(`[name="${name}"]`).forEach((control) => {
        const described = control.getAttribute("aria-describedby");
        control.setAttribute("aria-describedby", [described, note.id].filter(Boolean).join(" "));
      });
    }
    note.textContent = texts.join(" ");
  };

  const check = async () => {
    const turn = ++latest;
    const all = new FormData(form);
    const data = new URLSearchParams();
    for (const [name, value] of all) if (sent.includes(name)) data.append(name, value);
    if (all.get("jwks")) data.append("jwks", "given");
    const answer = await fetch(state.dataset.check, { method: "POST", body: data }).catch(() => null);
    if (!answer || !answer.ok || turn !== latest) return;
    const { fields, errors } = await answer.json();
    fields.forEach((name) => show(name, errors[name] || []));
    state.textContent = Object.keys(errors).length ? state.dataset.fails : state.dataset.works;
  };

  form.addEventListener("change", (event) => {
    if (judged.includes(event.target.name) || ["redirect_uris", "is_resource_server", "tenant"].includes(event.target.name)) check();
  });
});
