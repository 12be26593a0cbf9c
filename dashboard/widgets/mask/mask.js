// The mask: mark where the object is. The server gets runs of cells of a coarse grid, nothing else.

const PAUSE_MS = 700; // after the last stroke, before the mask is sent
const UNDO = 30;
const sheets = new WeakMap();

class Grid {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.cells = new Uint8Array(width * height);
  }

  fill(inside, value, [left, top, right, bottom] = [0, 0, this.width, this.height]) {
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(this.height, Math.ceil(bottom)); y++) {
      for (let x = Math.max(0, Math.floor(left)); x < Math.min(this.width, Math.ceil(right)); x++) {
        if (inside(x + 0.5, y + 0.5)) this.cells[y * this.width + x] = value;
      }
    }
  }

  disc(cx, cy, r, value) {
    const inside = (x, y) => (x - cx) ** 2 + (y - cy) ** 2 <= r * r;
    this.fill(inside, value, [cx - r, cy - r, cx + r, cy + r]);
  }

  line([x0, y0], [x1, y1], r, value) {
    const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / Math.max(0.5, r / 3)));
    for (let i = 0; i <= steps; i++) {
      this.disc(x0 + ((x1 - x0) * i) / steps, y0 + ((y1 - y0) * i) / steps, r, value);
    }
  }

  count() { return this.cells.reduce((sum, cell) => sum + cell, 0); }

  // "96x64:120,5,91": runs of unmarked and marked cells in turn, row by row.
  encode() {
    const runs = [];
    let value = 0;
    let length = 0;
    for (const cell of this.cells) {
      if (cell === value) length++;
      else { runs.push(length); value = cell; length = 1; }
    }
    runs.push(length);
    return `${this.width}x${this.height}:${runs.join(",")}`;
  }

  decode(text) {
    this.cells.fill(0);
    let at = 0;
    text.split(":")[1].split(",").forEach((run, i) => {
      this.cells.fill(i % 2, at, at + Number(run));
      at += Number(run);
    });
  }
}

class Sheet {
  constructor(root) {
    this.root = root;
    this.sheet = root.querySelector(".sheet");
    this.canvas = root.querySelector("canvas");
    this.size = root.querySelector(".size input");
    this.tool = "brush";
    this.past = [];
    root.querySelector(".tools").addEventListener("click", (event) => this.onTool(event));
    this.sheet.addEventListener("pointerdown", (event) => this.onDown(event));
    this.sheet.addEventListener("pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel"]) {
      this.sheet.addEventListener(name, (event) => this.onUp(event));
    }
    this.sheet.addEventListener("keydown", (event) => this.onKey(event));
    this.sheet.addEventListener("blur", () => { this.frameShown = false; this.draw(); });
  }

  begin(data) {
    this.picture = data.picture;
    this.grid = new Grid(data.columns, data.rows);
    if (data.mask) this.grid.decode(data.mask);
    this.past = [];
    const [w, h] = [data.columns, data.rows];
    this.frame = [Math.round(w * 0.3), Math.round(h * 0.3), Math.round(w * 0.4), Math.round(h * 0.4)];
    this.canvas.width = w;
    this.canvas.height = h;
    this.draw();
  }

  // ---- drawing

  draw() {
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(this.grid.width, this.grid.height);
    const [r, g, b] = [45, 212, 191];
    this.grid.cells.forEach((cell, i) => image.data.set([r, g, b, cell * 255], i * 4));
    context.putImageData(image, 0, 0);
    const marked = this.grid.count();
    const share = (100 * marked) / this.grid.cells.length;
    this.root.querySelector(".status").textContent = marked
      ? `Marked: ${share < 1 ? "less than 1" : Math.round(share)} % of the picture.`
      : "Nothing is marked yet: paint over the object.";
    this.root.querySelector("[data-do=clear]").disabled = !marked;
    this.root.querySelector("[data-do=undo]").disabled = !this.past.length;
    const frame = this.root.querySelector(".frame");
    frame.hidden = !this.frameShown;
    const [x, y, w, h] = this.frame;
    Object.assign(frame.style, {
      left: `${(100 * x) / this.grid.width}%`, top: `${(100 * y) / this.grid.height}%`,
      width: `${(100 * w) / this.grid.width}%`, height: `${(100 * h) / this.grid.height}%`,
    });
  }

  change(act) {
    this.past.push(this.grid.cells.slice());
    if (this.past.length > UNDO) this.past.shift();
    act();
    this.draw();
  }

  // A mask is sent when the hand rests: each sending reruns the page.
  send() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.emit(this.grid.count() ? this.grid.encode() : ""), PAUSE_MS);
  }

  // ---- tools

  onTool(event) {
    const button = event.target.closest("button");
    if (!button || button.disabled) return;
    if (button.dataset.tool) this.choose(button.dataset.tool);
    if (button.dataset.do) this.act(button.dataset.do);
  }

  choose(tool) {
    this.tool = tool;
    for (const button of this.root.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  act(what) {
    const { width: w, height: h } = this.grid;
    if (what === "undo") {
      this.grid.cells = this.past.pop();
      this.draw();
    } else if (what === "clear") {
      this.change(() => this.grid.cells.fill(0));
    } else {
      const inside = (x, y) => ((x - w / 2) / (w / 4)) ** 2 + ((y - h / 2) / (h / 4)) ** 2 <= 1;
      this.change(() => this.grid.fill(inside, 1));
    }
    this.send();
  }

  // ---- pointer

  at(event) {
    const frame = this.sheet.getBoundingClientRect();
    return [
      ((event.clientX - frame.left) / frame.width) * this.grid.width,
      ((event.clientY - frame.top) / frame.height) * this.grid.height,
    ];
  }

  stroke(from, to) {
    const longest = Math.max(this.grid.width, this.grid.height);
    const radius = Math.max(0.6, (Number(this.size.value) / 200) * longest);
    this.grid.line(from, to, radius, this.tool === "brush" ? 1 : 0);
    this.draw();
  }

  onDown(event) {
    if (event.button !== 0 || this.last) return;
    this.sheet.setPointerCapture(event.pointerId);
    this.frameShown = false;
    this.pointer = event.pointerId;
    this.last = this.at(event);
    clearTimeout(this.timer);
    this.change(() => this.stroke(this.last, this.last));
  }

  onMove(event) {
    if (!this.last || event.pointerId !== this.pointer) return;
    const now = this.at(event);
    this.stroke(this.last, now);
    this.last = now;
  }

  onUp(event) {
    if (!this.last || event.pointerId !== this.pointer) return;
    this.last = null;
    this.send();
  }

  // ---- keyboard

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const marks = { Enter: 1, " ": 1, Delete: 0, Backspace: 0 };
    if (event.key in moves) this.moveFrame(moves[event.key], event.shiftKey);
    else if (event.key in marks) this.markFrame(marks[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  moveFrame([dx, dy], resize) {
    this.frameShown = true;
    const { width, height } = this.grid;
    const step = Math.max(1, Math.round(Math.max(width, height) / 32));
    let [x, y, w, h] = this.frame;
    if (resize) {
      w = Math.min(width - x, Math.max(step, w + dx * step));
      h = Math.min(height - y, Math.max(step, h + dy * step));
    } else {
      x = Math.min(width - w, Math.max(0, x + dx * step));
      y = Math.min(height - h, Math.max(0, y + dy * step));
    }
    this.frame = [x, y, w, h];
    this.draw();
  }

  markFrame(value) {
    this.frameShown = true;
    const [x, y, w, h] = this.frame;
    this.change(() => this.grid.fill(() => true, value, [x, y, x + w, y + h]));
    this.send();
  }
}

function place(element, [left, top, right, bottom]) {
  element.style.left = `${left * 100}%`;
  element.style.top = `${top * 100}%`;
  element.style.width = `${(right - left) * 100}%`;
  element.style.height = `${(bottom - top) * 100}%`;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".mask");
  if (!root || !data) return;
  let sheet = sheets.get(root);
  if (!sheet) {
    sheet = new Sheet(root);
    sheets.set(root, sheet);
  }
  sheet.emit = (runs) => setTriggerValue("drawn", { picture: sheet.picture, runs });
  const base = root.querySelector(".base");
  if (base.getAttribute("src") !== data.base) base.setAttribute("src", data.base);
  base.alt = data.alt;
  sheet.sheet.setAttribute("aria-label", `${data.alt}: mark where the object is`);
  sheet.sheet.style.setProperty("--ratio", `${data.columns} / ${data.rows}`);
  sheet.sheet.style.setProperty("--ratio-number", String(data.columns / data.rows));
  place(root.querySelector(".seen"), data.box);
  // What is on the sheet is newer than what the server knows, until the picture changes.
  if (sheet.picture !== data.picture) sheet.begin(data);
  root.hidden = false;
}
