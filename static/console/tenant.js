"use strict";
// On a form where the tenant is chosen, the other fields offer what belongs to it.
window.addEventListener("DOMContentLoaded", () => {
  const tenant = document.getElementById("id_tenant");
  if (!tenant || !window.django || !window.django.jQuery) return;
  window.django.jQuery.ajaxPrefilter((options, original) => {
    const asked = original.data || {};
    if (asked.field_name && asked.field_name !== "tenant" && tenant.value) {
      options.url += `${options.url.includes("?") ? "&" : "?"}tenant=${encodeURIComponent(tenant.value)}`;
    }
  });
});
