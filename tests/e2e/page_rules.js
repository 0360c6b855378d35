// What must hold on every page of the console (WCAG 2.2 AA and the house's own figures): reflow, one heading, names of
// fields and links, targets of 44 px on touch, contrast of text. Returns what does not, in words.
(touch) => {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push("scrolls sideways by " + (root.scrollWidth - root.clientWidth));
  if (document.querySelectorAll("h1").length !== 1) faults.push("headings of level 1: " + document.querySelectorAll("h1").length);
  if (!document.title || !root.lang) faults.push("no title or language");
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  for (const id of new Set(ids)) if (ids.filter(i => i === id).length > 1) faults.push("id twice: " + id);
  const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  const name = e => (e.labels && [...e.labels].map(l => l.textContent).join("")) || e.getAttribute("aria-label") ||
    e.textContent || "";
  for (const e of document.querySelectorAll("a, button, select, textarea, input:not([type=hidden])")) {
    if (e.getAttribute("aria-hidden") === "true") continue;
    if (!name(e).trim() && !e.querySelector("[aria-label], img[alt]")) faults.push("no name: " + e.outerHTML.slice(0, 120));
    if (touch && shown(e) && !e.matches(".skip, input[type=radio], input[type=checkbox]")) {
      const inText = e.tagName === "A" && e.parentElement.matches("dd, p, td span, li span, .foot p");
      const box = e.getBoundingClientRect();
      if (!inText && box.height < 43.5) faults.push("low target " + box.height.toFixed(0) + ": " + e.outerHTML.slice(0, 120));
    }
  }
  for (const th of document.querySelectorAll("th")) if (!th.scope) faults.push("th without scope");
  const channel = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const parse = text => text.match(/[\d.]+/g).map(Number);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0.5) return c;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || seen.has(e) || !shown(e) || e.closest("svg, noscript, option, .unseen, .skip, thead")) continue;
    seen.add(e);
    const a = light(parse(getComputedStyle(e).color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push("contrast " + ratio.toFixed(2) + ": " + e.outerHTML.slice(0, 120));
    if (parseFloat(getComputedStyle(e).fontSize) < 12) faults.push("small type: " + e.outerHTML.slice(0, 120));
  }
  return faults;
}
