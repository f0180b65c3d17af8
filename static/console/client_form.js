"use strict";
// While one chooses, the server says which of a client's settings cannot work together; the reason appears at its field.
// It also says which fields are of no use so far: they are left out. What was typed there is not sent.
// Without scripts all fields are there, and the same reasons come when the form is sent.
window.addEventListener("DOMContentLoaded", () => {
  const state = document.getElementById("combination-state");
  const form = document.getElementById("client_form");
  if (!state || !form) return;
  const judged = ["dialects", "grant_types", "scopes", "client_type", "authenticates_by", "algorithm"];
  const sent = [...judged, "redirect_uris", "is_resource_server", "tenant", "csrfmiddlewaretoken"];
  const names = (text) => (text || "").split(" ").filter(Boolean);
  const kept = names(state.dataset.kept);
  let latest = 0;
  let leftOut = [];

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

  const leaveOut = (unused, errors = {}) => {
    const before = leftOut;
    leftOut = unused.filter((name) => {
      const field = place(name);
      return field && !kept.includes(name) && !errors[name] && !field.contains(document.activeElement);
    });
    [...before, ...leftOut].forEach((name) => (place(name).hidden = leftOut.includes(name)));
    form.querySelectorAll("fieldset").forEach((group) => {
      const controls = [...group.querySelectorAll("input, select, textarea")];
      group.hidden = controls.length > 0 && controls.every((control) => control.closest("[class*=field-][hidden]"));
    });
  };

  const putBack = (control) => {
    if (control.type === "checkbox" || control.type === "radio") control.checked = control.defaultChecked;
    else if (control.options) [...control.options].forEach((option) => (option.selected = option.defaultSelected));
    else control.value = control.defaultValue;
  };

  const check = async () => {
    const turn = ++latest;
    const all = new FormData(form);
    const data = new URLSearchParams();
    for (const [name, value] of all) if (sent.includes(name)) data.append(name, value);
    if (all.get("jwks")) data.append("jwks", "given");
    const answer = await fetch(state.dataset.check, { method: "POST", body: data }).catch(() => null);
    if (!answer || !answer.ok || turn !== latest) return;
    const { fields, errors, unused } = await answer.json();
    leaveOut(unused, errors);
    fields.forEach((name) => show(name, errors[name] || []));
    state.textContent = Object.keys(errors).length ? state.dataset.fails : state.dataset.works;
  };

  const changed = ({ target }) => {
    if (sent.includes(target.name)) check();
  };
  // What Select2 changes, such as the tenant, only jQuery hears.
  if (window.django && window.django.jQuery) window.django.jQuery(form).on("change", changed);
  else form.addEventListener("change", changed);
  form.addEventListener("submit", () => {
    leftOut.forEach((name) => form.querySelectorAll(`[name="${name}"]`).forEach(putBack));
  });
  leaveOut(names(state.dataset.unused));
});
