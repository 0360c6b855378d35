// The only script of the page: it adds where the phone is. Without it, or without leave, everything else works.
(function () {
  "use strict";
  var form = document.querySelector("form[data-position]");
  if (!form || !navigator.geolocation) return;
  var options = { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 };
  var sending = false;

  function into(name) {
    return function (found) {
      var c = found.coords;
      form.elements[name].value = [c.latitude.toFixed(6), c.longitude.toFixed(6), c.accuracy.toFixed(1)].join(",");
    };
  }
  function nothing() {}

  if (!form.elements.start_position.value) {
    navigator.geolocation.getCurrentPosition(into("start_position"), nothing, options);
  }
  form.addEventListener("submit", function (event) {
    if (sending) return;
    event.preventDefault();
    sending = true;
    form.querySelector("[type=submit]").disabled = true; // one tap, one visit
    var send = function () { form.submit(); };
    var done = into("position");
    navigator.geolocation.getCurrentPosition(
      function (found) { done(found); send(); }, send, { enableHighAccuracy: true, timeout: 4000, maximumAge: 60000 });
    setTimeout(send, 6000); // a phone that never answers must not keep a visit from being saved
  });
})();
