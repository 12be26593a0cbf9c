// One picture under growing ε: everything for every step is here, so dragging asks nobody.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 480;
const HEIGHT = 210;
const EDGE = { left: 34, right: 12, top: 10, bottom: 26 };
const films = new WeakMap();

function draw(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

// Steps without a value leave a gap in the line.
function line(values, x, y) {
  let pen = "M";
  let path = "";
  values.forEach((value, i) => {
    if (value === null) { pen = "M"; return; }
    path += `${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
  });
  return path;
}

class Film {
  constructor(root, settle) {
    this.root = root;
    this.settle = settle;
    this.range = this.find(".slider input");
    this.range.addEventListener("input", () => this.go(Number(this.range.value)));
    this.range.addEventListener("change", () => this.settle(this.at));
    this.toggle = this.find(".toggle input");
    this.toggle.addEventListener("change", () => this.go(this.at));
  }

  find(css) { return this.root.querySelector(css); }

  show(data) {
    if (this.data?.id !== data.id) this.at = data.step;
    this.data = data;
    this.root.classList.toggle("small", data.side <= 128);
    this.range.max = String(data.steps.length - 1);
    this.range.setAttribute("aria-label", "ε");
    this.find(".p-name").textContent = `probability of ${data.predicted}`;
    this.find(".item.flip").hidden = data.flip === null;
    this.picture(".first", data.frames[0], "The picture as it is");
    this.find(".first-says").textContent = data.steps[0].says;
    const stops = data.stops.map(([at, colour]) => `${colour} ${at * 100}%`);
    this.find(".ramp").style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
    this.facts();
    this.chart();
    this.go(this.at);
    this.root.hidden = false;
  }

  picture(css, source, alt) {
    const image = this.find(css);
    if (image.getAttribute("src") !== source) image.src = source;
    image.alt = alt;
  }

  map(css, source) {
    const image = this.find(css);
    image.hidden = !source || !this.toggle.checked;
    if (source) image.src = source;
  }

  x(i) { return EDGE.left + (i / (this.data.steps.length - 1)) * (WIDTH - EDGE.left - EDGE.right); }

  y(value) { return EDGE.top + ((1 - value) / (1 - this.low)) * (HEIGHT - EDGE.top - EDGE.bottom); }

  chart() {
    const { steps, flip } = this.data;
    const likeness = steps.map((step) => step.likeness);
    this.low = Math.min(0, ...likeness.filter((value) => value !== null)) < -0.05 ? -1 : 0;
    const x = (i) => this.x(i);
    const y = (value) => this.y(value);
    const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": this.data.words });
    for (const value of this.low ? [-1, 0, 1] : [0, 0.5, 1]) {
      svg.append(draw("path", { class: "grid", d: `M${EDGE.left} ${y(value)}H${WIDTH - EDGE.right}` }));
      const label = { x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" };
      svg.append(draw("text", label, String(value).replace("-", "−")));
    }
    const every = Math.ceil(steps.length / 6);
    steps.forEach((step, i) => {
      const isLast = i === steps.length - 1;
      if (!isLast && (i % every || steps.length - 1 - i < every)) return;
      const anchor = i === 0 ? "start" : isLast ? "end" : "middle";
      svg.append(draw("text", { x: x(i), y: HEIGHT - 6, "text-anchor": anchor }, step.tick));
    });
    this.cursor = draw("path", { class: "cursor" });
    svg.append(this.cursor);
    if (flip !== null) {
      svg.append(draw("path", { class: "f-line", d: `M${x(flip)} ${EDGE.top}V${HEIGHT - EDGE.bottom}` }));
    }
    svg.append(draw("path", { class: "c-line", d: line(likeness, x, y) }));
    svg.append(draw("path", { class: "p-line", d: line(steps.map((step) => step.probability), x, y) }));
    steps.forEach((step, i) => {
      if (step.likeness !== null) {
        svg.append(draw("rect", { class: "c-mark", x: x(i) - 3, y: y(step.likeness) - 3, width: 6, height: 6 }));
      }
      svg.append(draw("circle", { class: "p-mark", cx: x(i), cy: y(step.probability), r: 3 }));
    });
    this.find(".chart").replaceChildren(svg);
  }

  facts() {
    const rows = this.data.facts.map(({ name, hint }, i) => {
      const row = make("tr");
      const title = make("th", "", name);
      title.scope = "row";
      title.title = hint;
      row.append(title, make("td", "", this.data.steps[0].facts[i]), make("td", "value"));
      return row;
    });
    this.find(".facts tbody").replaceChildren(...rows);
  }

  bars(top) {
    const rows = top.map(({ label, share, words, predicted }) => {
      const row = make("div", predicted ? "bar predicted" : "bar");
      const fill = make("i");
      fill.style.width = `${share * 100}%`;
      const name = make("span", "label", label);
      name.title = label;
      row.append(name, fill, make("span", "share", words));
      return row;
    });
    this.find(".bars").replaceChildren(...rows);
  }

  go(place) {
    const { data } = this;
    this.at = Math.min(Math.max(place, 0), data.steps.length - 1);
    const step = data.steps[this.at];
    this.range.value = String(this.at);
    this.range.setAttribute("aria-valuetext", `${step.eps}: ${step.says}`);
    this.find(".eps").textContent = step.eps;
    this.find(".now-title").textContent = this.at ? `At ε = ${step.eps}` : "Nothing is changed yet";
    const says = this.find(".now-says");
    says.textContent = step.says;
    says.classList.toggle("turned", step.turned);
    this.picture(".now", data.frames[this.at], `The picture at ε = ${step.eps}`);
    this.picture(".change", data.changes[this.at], `The change at ε = ${step.eps}, magnified`);
    this.find(".factor").textContent = step.factor;
    this.map(".first-map", data.maps[0]);
    this.map(".now-map", data.maps[this.at]);
    this.find(".low").textContent = step.low;
    this.find(".high").textContent = step.high;
    this.find(".ramp").setAttribute("aria-label", `Colour scale from ${step.low} to ${step.high}`);
    this.find(".at").textContent = `at ${step.eps}`;
    this.bars(step.top);
    this.root.querySelectorAll(".facts .value").forEach((cell, i) => { cell.textContent = step.facts[i]; });
    this.cursor.setAttribute("d", `M${this.x(this.at)} ${EDGE.top}V${HEIGHT - EDGE.bottom}`);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".epsilon");
  if (!root || !data) return;
  if (!films.has(root)) films.set(root, new Film(root, (step) => setTriggerValue("step", step)));
  films.get(root).show(data);
}
