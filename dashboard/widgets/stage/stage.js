// The stage: a picture, the part the model saw, and a map over it. Nothing here asks the server.

const STORE = "pellucid.opacity";
const MAX_ZOOM = 12;
const views = new WeakMap();

function storedOpacity() {
  let text = null;
  try { text = localStorage.getItem(STORE); } catch { /* storage may be forbidden */ }
  const value = Number.parseInt(text ?? "", 10);
  return value >= 0 && value <= 100 ? value : 70;
}

let opacity = storedOpacity();

function setOpacity(root, value) {
  opacity = value;
  const range = root.querySelector("input");
  range.value = String(value);
  range.setAttribute("aria-valuetext", `${value} per cent`);
  root.querySelector("output").textContent = `${value} %`;
  // On the document, so that the tiles of the comparison follow.
  document.documentElement.style.setProperty("--map-opacity", String(value / 100));
  try { localStorage.setItem(STORE, String(value)); } catch { /* then it lasts as long as the page */ }
}

class View {
  constructor(root) {
    this.root = root;
    this.view = root.querySelector(".view");
    this.canvas = root.querySelector(".canvas");
    this.pointers = new Map();
    this.reset();
    const range = root.querySelector("input");
    range.addEventListener("input", () => setOpacity(root, Number(range.value)));
    root.querySelector(".tools").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.act(button.dataset.do);
    });
    this.view.addEventListener("keydown", (event) => this.onKey(event));
    this.view.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.view.addEventListener("dblclick", (event) => this.zoomAt(2, ...this.at(event)));
    this.view.addEventListener("pointerdown", (event) => this.onDown(event));
    this.view.addEventListener("pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel"]) {
      this.view.addEventListener(name, (event) => this.onUp(event));
    }
  }

  reset() { this.scale = 1; this.x = 0; this.y = 0; this.draw(); }

  draw() {
    const { clientWidth: w, clientHeight: h } = this.view;
    this.x = Math.min(0, Math.max(w * (1 - this.scale), this.x));
    this.y = Math.min(0, Math.max(h * (1 - this.scale), this.y));
    this.canvas.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.view.classList.toggle("zoomed", this.scale > 1);
  }

  at(event) {
    const frame = this.view.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }

  zoomAt(factor, x, y) {
    const scale = Math.min(MAX_ZOOM, Math.max(1, this.scale * factor));
    const ratio = scale / this.scale;
    this.x = x - (x - this.x) * ratio;
    this.y = y - (y - this.y) * ratio;
    this.scale = scale;
    this.draw();
  }

  act(what) {
    const middle = [this.view.clientWidth / 2, this.view.clientHeight / 2];
    if (what === "in") this.zoomAt(1.5, ...middle);
    if (what === "out") this.zoomAt(1 / 1.5, ...middle);
    if (what === "reset") this.reset();
    if (what === "full") this.toggleFull();
  }

  toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.().then(() => this.reset()).catch(() => {});
  }

  onKey(event) {
    const step = 60;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const acts = { "+": "in", "=": "in", "-": "out", "−": "out", "0": "reset" };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in acts) this.act(acts[event.key]);
    else if (event.key in moves && this.scale > 1) {
      this.x += moves[event.key][0];
      this.y += moves[event.key][1];
      this.draw();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The wheel scrolls the page until the picture has been clicked; a pinch always zooms.
  onWheel(event) {
    const focused = this.root.getRootNode().activeElement === this.view;
    if (!event.ctrlKey && !focused) return;
    event.preventDefault();
    this.zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), ...this.at(event));
  }

  onDown(event) {
    if (event.target.closest(".tools")) return;
    this.pointers.set(event.pointerId, this.at(event));
    if (this.scale > 1 || this.pointers.size > 1) {
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
      this.zoomAt(distance(now) / distance(before), ...other);
    } else if (this.scale > 1) {
      this.x += now[0] - before[0];
      this.y += now[1] - before[1];
      this.draw();
    }
  }

  onUp(event) {
    this.pointers.delete(event.pointerId);
    this.view.classList.remove("dragging");
  }
}

function place(element, [left, top, right, bottom]) {
  element.style.left = `${left * 100}%`;
  element.style.top = `${top * 100}%`;
  element.style.width = `${(right - left) * 100}%`;
  element.style.height = `${(bottom - top) * 100}%`;
}

function setSource(image, source) {
  if (source && image.getAttribute("src") !== source) image.setAttribute("src", source);
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".stage");
  if (!root || !data) return;
  let view = views.get(root);
  if (!view) {
    view = new View(root);
    views.set(root, view);
  }
  const base = root.querySelector(".base");
  if (base.getAttribute("src") !== data.base) view.reset();
  setSource(base, data.base);
  base.alt = data.alt;
  view.view.setAttribute("aria-label", data.alt);
  view.view.style.setProperty("--ratio", `${data.width} / ${data.height}`);
  view.view.style.setProperty("--ratio-number", String(data.width / data.height));
  place(root.querySelector(".seen"), data.box);
  const map = root.querySelector(".map");
  map.hidden = !data.map;
  setSource(map, data.map);
  map.alt = data.map ? data.mapAlt : "";
  place(map, data.box);
  const legend = root.querySelector(".legend");
  legend.hidden = !data.legend;
  if (data.legend) {
    const stops = data.legend.stops.map(([at, colour]) => `${colour} ${at * 100}%`);
    legend.querySelector(".ramp").style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
    legend.querySelector(".ramp").setAttribute("aria-label", data.legend.label);
    legend.querySelector(".low").textContent = data.legend.low;
    legend.querySelector(".high").textContent = data.legend.high;
  }
  setOpacity(root, opacity);
  root.hidden = false;
}
