// A picture that opens: each module's inside is a picture of its own, kept in a template element by its key.
// The place in the network is the address (#features.denseblock1), so that a link leads there.
"use strict";

const stage = document.querySelector("main");
const trail = document.querySelector("nav");
const tip = document.querySelector("#tip");
const scenes = new Map([...document.querySelectorAll("template[data-scene]")].map((one) => [one.dataset.scene, one]));
let view, home;

function show(key) {
  const template = scenes.get(key) ?? scenes.get("");
  stage.replaceChildren(template.content.cloneNode(true));
  const svg = stage.querySelector("svg");
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  const box = svg.viewBox.baseVal;
  home = [box.x, box.y, box.width, box.height];
  view = [...home];
  for (const group of svg.querySelectorAll("g[data-key]")) {
    const title = group.querySelector(":scope > title");
    if (title) {
      group.dataset.hover = title.textContent;
      group.setAttribute("aria-label", title.textContent);
      title.remove();
    }
    if ("opens" in group.dataset && scenes.has(group.dataset.key)) {
      group.setAttribute("tabindex", "0");
      group.setAttribute("role", "button");
    } else {
      delete group.dataset.opens;
    }
  }
  crumbs(template.dataset.scene);
  tip.hidden = true;
}

// The way from the whole network to this module: every longer start of the key that has a picture.
function crumbs(key) {
  const parts = key === "" ? [] : key.split(".");
  const way = [""];
  for (let end = 1; end <= parts.length; end += 1) {
    const start = parts.slice(0, end).join(".");
    if (scenes.has(start)) way.push(start);
  }
  trail.replaceChildren(...way.map((start, at) => {
    const button = document.createElement("button");
    const before = at > 0 ? way[at - 1] : "";
    button.textContent = at === 0 ? scenes.get("").dataset.title : start.slice(before ? before.length + 1 : 0);
    if (start === key) button.setAttribute("aria-current", "page");
    else button.addEventListener("click", () => go(start));
    return button;
  }));
}

function go(key) {
  const hash = key === "" ? " " : `#${encodeURIComponent(key)}`;
  history.pushState(null, "", hash === " " ? location.pathname + location.search : hash);
  show(key);
}

function fold() {
  const links = trail.querySelectorAll("button");
  if (links.length > 1) links[links.length - 2].click();
}

function look() {
  stage.querySelector("svg").setAttribute("viewBox", view.join(" "));
}

// Zoom by a factor about a point of the picture.
function zoom(factor, x, y) {
  const width = Math.min(Math.max(view[2] * factor, home[2] / 40), home[2] * 3);
  const ratio = width / view[2];
  view = [x - (x - view[0]) * ratio, y - (y - view[1]) * ratio, width, view[3] * ratio];
  look();
}

function point(event) {
  const svg = stage.querySelector("svg");
  return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
}

function middle() {
  return [view[0] + view[2] / 2, view[1] + view[3] / 2];
}

stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  const at = point(event);
  zoom(Math.exp(event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0016)), at.x, at.y);
}, { passive: false });

let grip = null;
let moved = false;
stage.addEventListener("pointerdown", (event) => {
  grip = point(event);
  moved = false;
});
addEventListener("pointermove", (event) => {
  if (grip !== null && event.buttons) {
    const at = point(event);
    if (Math.hypot(at.x - grip.x, at.y - grip.y) > view[2] / 300) moved = true;
    if (moved) {
      stage.classList.add("dragging");
      view[0] += grip.x - at.x;
      view[1] += grip.y - at.y;
      look();
      tip.hidden = true;
      return;
    }
  }
  hint(event);
});
addEventListener("pointerup", () => {
  grip = null;
  stage.classList.remove("dragging");
});

// What is under the pointer: its op, shapes and cost, and the line of the spec that says so.
function hint(event) {
  const group = event.target instanceof Element ? event.target.closest("[data-hover]") : null;
  tip.hidden = group === null;
  if (group === null) return;
  tip.replaceChildren(group.dataset.hover);
  if (group.dataset.line) {
    const place = document.createElement("small");
    place.textContent = `\n${group.dataset.line}`;
    tip.append(place);
  }
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${event.clientY + height + 24 < innerHeight ? event.clientY + 16 : event.clientY - height - 12}px`;
}

stage.addEventListener("click", (event) => {
  const group = event.target.closest("[data-opens]");
  if (group !== null && !moved) go(group.dataset.key);
});
document.querySelector("#in").addEventListener("click", () => zoom(1 / 1.4, ...middle()));
document.querySelector("#out").addEventListener("click", () => zoom(1.4, ...middle()));
document.querySelector("#home").addEventListener("click", () => {
  view = [...home];
  look();
});
document.querySelector("#fold").addEventListener("click", fold);

addEventListener("keydown", (event) => {
  const group = document.activeElement?.closest?.("[data-opens]");
  if (event.key === "Enter" && group) go(group.dataset.key);
  else if (event.key === "Escape") fold();
  else if (event.key === "+" || event.key === "=") zoom(1 / 1.4, ...middle());
  else if (event.key === "-") zoom(1.4, ...middle());
  else if (event.key === "0") document.querySelector("#home").click();
});
addEventListener("popstate", () => show(decodeURIComponent(location.hash.slice(1))));
show(decodeURIComponent(location.hash.slice(1)));
