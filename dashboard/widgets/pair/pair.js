// Pictures held against each other: whatever is zoomed or moved in one, is in all of them.
// Places are shares of a picture's sides, so that panels of different sizes stay on the same spot.

const STORE = "pellucid.opacity";
const LINK = "pellucid-link";
const MAX_ZOOM = 12;
const place = { scale: 1, x: 0, y: 0 };
const groups = new WeakMap();

function make(tag, name) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  return element;
}

function storedOpacity() {
  let text = null;
  try { text = localStorage.getItem(STORE); } catch { /* storage may be forbidden */ }
  const value = Number.parseInt(text ?? "", 10);
  return value >= 0 && value <= 100 ? value : 70;
}

function setOpacity(root, value) {
  const range = root.querySelector("input");
  range.value = String(value);
  range.setAttribute("aria-valuetext", `${value} per cent`);
  root.querySelector("output").textContent = `${value} %`;
  document.documentElement.style.setProperty("--map-opacity", String(value / 100));
  try { localStorage.setItem(STORE, String(value)); } catch { /* then it lasts as long as the page */ }
}

function go(scale, x, y) {
  place.scale = Math.min(MAX_ZOOM, Math.max(1, scale));
  place.x = Math.min(0, Math.max(1 - place.scale, x));
  place.y = Math.min(0, Math.max(1 - place.scale, y));
  document.dispatchEvent(new CustomEvent(LINK, { detail: { ...place } }));
}

function zoomAt(factor, x, y) {
  const scale = Math.min(MAX_ZOOM, Math.max(1, place.scale * factor));
  const ratio = scale / place.scale;
  go(scale, x - (x - place.x) * ratio, y - (y - place.y) * ratio);
}

function act(what) {
  if (what === "in") zoomAt(1.5, 0.5, 0.5);
  if (what === "out") zoomAt(1 / 1.5, 0.5, 0.5);
  if (what === "reset") go(1, 0, 0);
}

function position(element, [left, top, right, bottom]) {
  element.style.left = `${left * 100}%`;
  element.style.top = `${top * 100}%`;
  element.style.width = `${(right - left) * 100}%`;
  element.style.height = `${(bottom - top) * 100}%`;
}

class Panel {
  constructor() {
    this.pointers = new Map();
    this.root = make("figure", "panel");
    const name = make("div", "name");
    this.side = make("span", "side");
    this.title = make("span", "title");
    name.append(this.side, this.title);
    this.view = make("div", "view");
    this.view.tabIndex = 0;
    this.view.setAttribute("role", "group");
    this.view.setAttribute("aria-describedby", "pair-help");
    this.canvas = make("div", "canvas");
    this.base = make("img", "base");
    this.seen = make("div", "seen");
    this.map = make("img", "map");
    for (const image of [this.base, this.map]) image.draggable = false;
    this.canvas.append(this.base, this.seen, this.map);
    this.state = make("div", "state");
    this.view.append(this.canvas, this.state);
    this.legend = make("div", "legend");
    this.low = make("span", "low");
    this.ramp = make("span", "ramp");
    this.ramp.setAttribute("role", "img");
    this.high = make("span", "high");
    this.legend.append(this.low, this.ramp, this.high);
    this.note = make("figcaption", "note");
    this.root.append(name, this.view, this.legend, this.note);
    this.listen();
  }

  listen() {
    const { view } = this;
    view.addEventListener("keydown", (event) => this.onKey(event));
    view.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    view.addEventListener("dblclick", (event) => zoomAt(2, ...this.at(event)));
    view.addEventListener("pointerdown", (event) => this.onDown(event));
    view.addEventListener("pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel"]) {
      view.addEventListener(name, (event) => this.onUp(event));
    }
  }

  draw() {
    const shift = `translate(${place.x * 100}%, ${place.y * 100}%)`;
    this.canvas.style.transform = `${shift} scale(${place.scale})`;
    this.view.classList.toggle("zoomed", place.scale > 1);
  }

  at(event) {
    const frame = this.view.getBoundingClientRect();
    return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
  }

  onKey(event) {
    const step = 0.12;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const acts = { "+": "in", "=": "in", "-": "out", "−": "out", "0": "reset" };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in acts) act(acts[event.key]);
    else if (event.key in moves && place.scale > 1) {
      go(place.scale, place.x + moves[event.key][0], place.y + moves[event.key][1]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The wheel scrolls the page until a picture has been clicked; a pinch always zooms.
  onWheel(event) {
    const focused = this.root.getRootNode().activeElement === this.view;
    if (!event.ctrlKey && !focused) return;
    event.preventDefault();
    zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), ...this.at(event));
  }

  onDown(event) {
    this.pointers.set(event.pointerId, this.at(event));
    if (place.scale > 1 || this.pointers.size > 1) {
      this.view.setPointerCapture(event.pointerId);
      this.view.classList.add("dragging");
    }
  }

  onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    if (other) {
      const distance = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      zoomAt(distance(now) / distance(before), ...other);
    } else if (place.scale > 1) {
      go(place.scale, place.x + now[0] - before[0], place.y + now[1] - before[1]);
    }
  }

  onUp(event) {
    this.pointers.delete(event.pointerId);
    this.view.classList.remove("dragging");
  }

  // Everything that comes from outside is set as text or as an address, never as markup.
  show(data, bases) {
    this.root.dataset.panel = data.id;
    this.side.textContent = data.side;
    this.title.textContent = data.title;
    this.title.title = data.title;
    this.view.setAttribute("aria-label", `${data.side} ${data.title}`);
    this.view.style.setProperty("--ratio", `${data.width} / ${data.height}`);
    this.view.style.setProperty("--ratio-number", String(data.width / data.height));
    const base = bases[data.base];
    this.canvas.hidden = !base;
    if (base && this.base.getAttribute("src") !== base) this.base.setAttribute("src", base);
    this.base.alt = data.alt;
    this.seen.hidden = !data.box;
    this.map.hidden = !data.map;
    if (data.box) {
      position(this.seen, data.box);
      position(this.map, data.box);
    }
    if (data.map && this.map.getAttribute("src") !== data.map) this.map.setAttribute("src", data.map);
    this.map.alt = data.map ? data.map_alt : "";
    this.state.hidden = !data.state;
    this.state.textContent = data.state ?? "";
    this.legend.hidden = !data.legend;
    if (data.legend) this.scale(data.legend);
    this.note.textContent = data.note ?? "";
    this.draw();
  }

  scale(legend) {
    const stops = legend.stops.map(([at, colour]) => `${colour} ${at * 100}%`);
    this.ramp.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
    this.ramp.setAttribute("aria-label", legend.label);
    this.low.textContent = legend.low;
    this.high.textContent = legend.high;
  }
}

class Group {
  constructor(root) {
    this.root = root;
    this.panels = [];
    const range = root.querySelector("input");
    range.addEventListener("input", () => setOpacity(root, Number(range.value)));
    root.querySelector(".tools").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) act(button.dataset.do);
    });
    const follow = (event) => {
      // Gone from the page for good: a component that comes back is built anew.
      if (!root.isConnected) { document.removeEventListener(LINK, follow); return; }
      Object.assign(place, event.detail);
      for (const panel of this.panels) panel.draw();
    };
    document.addEventListener(LINK, follow);
  }

  show(data) {
    while (this.panels.length < data.panels.length) this.panels.push(new Panel());
    this.panels.length = data.panels.length;
    const box = this.root.querySelector(".panels");
    // Only when it changed: an element that is put in again loses the focus.
    if (box.children.length !== this.panels.length) {
      box.replaceChildren(...this.panels.map((panel) => panel.root));
    }
    this.panels.forEach((panel, i) => panel.show(data.panels[i], data.bases));
    this.root.querySelector(".bar").hidden = !data.tools;
    setOpacity(this.root, storedOpacity());
    this.root.hidden = false;
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".pair");
  if (!root || !data) return;
  if (!groups.has(root)) groups.set(root, new Group(root));
  groups.get(root).show(data);
}
