// Small comforts; every page works without them.
"use strict";
document.documentElement.classList.add("script");

// print what is shown
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

// a filter takes effect when it is chosen
for (const form of document.querySelectorAll("form[data-live]")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=date]")) form.requestSubmit();
  });
}

// long work: look again until it is done
for (const mark of document.querySelectorAll("[data-reload]")) {
  window.setTimeout(() => window.location.reload(), 1000 * Number(mark.dataset.reload));
}

// a form is sent once, however often its button is pressed
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
