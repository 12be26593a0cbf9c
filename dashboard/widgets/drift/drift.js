// A film of changed pictures with the map of each: the slider moves here, and the server rests.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 480;
const HEIGHT = 170;
const EDGE = { left: 34, right: 12, top: 10, bottom: 24 };
const films = new WeakMap();

function draw(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
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
  constructor(root) {
    this.root = root;
    this.at = 0;
    this.range = root.querySelector("input");
    this.range.addEventListener("input", () => this.go(Number(this.range.value)));
  }

  find(css) { return this.root.querySelector(css); }

  show(data) {
    if (this.data?.id !== data.id) this.at = data.flip ?? 0;
    this.data = data;
    this.range.max = String(data.frames.length - 1);
    this.range.setAttribute("aria-label", data.path);
    this.find(".path").textContent = data.path;
    this.find(".target-name").textContent = `Probability of ${data.target}`;
    this.find(".p-name").textContent = `probability of ${data.target}`;
    this.find(".flip").hidden = data.flip === null;
    this.scale(data.legend);
    this.chart();
    this.go(this.at);
    this.root.hidden = false;
  }

  scale(legend) {
    this.find(".legend").hidden = !legend;
    if (!legend) return;
    const stops = legend.stops.map(([at, colour]) => `${colour} ${at * 100}%`);
    this.find(".ramp").style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
    this.find(".ramp").setAttribute("aria-label", legend.label);
    this.find(".low").textContent = legend.low;
    this.find(".high").textContent = legend.high;
  }

  x(i) { return EDGE.left + (i / (this.data.frames.length - 1)) * (WIDTH - EDGE.left - EDGE.right); }

  y(value) {
    return EDGE.top + ((1 - value) / (1 - this.low)) * (HEIGHT - EDGE.top - EDGE.bottom);
  }

  chart() {
    const { data } = this;
    const known = data.correlations.filter((value) => value !== null);
    this.low = Math.min(0, ...known) < -0.05 ? -1 : 0;
    const x = (i) => this.x(i);
    const y = (value) => this.y(value);
    const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": data.words });
    for (const value of this.low ? [-1, 0, 1] : [0, 0.5, 1]) {
      svg.append(draw("path", { class: "grid", d: `M${EDGE.left} ${y(value)}H${WIDTH - EDGE.right}` }));
      const label = { x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" };
      svg.append(draw("text", label, String(value).replace("-", "−")));
    }
    const last = data.frames.length - 1;
    svg.append(draw("text", { x: x(0), y: HEIGHT - 5 }, data.severities[0]));
    svg.append(draw("text", { x: x(last), y: HEIGHT - 5, "text-anchor": "end" }, data.severities[last]));
    if (data.flip !== null) {
      svg.append(draw("path", { class: "f-line", d: `M${x(data.flip)} ${EDGE.top}V${HEIGHT - EDGE.bottom}` }));
    }
    this.now = draw("path", { class: "now" });
    svg.append(this.now);
    svg.append(draw("path", { class: "c-line", d: line(data.correlations, x, y) }));
    svg.append(draw("path", { class: "p-line", d: line(data.targets, x, y) }));
    data.correlations.forEach((value, i) => {
      if (value !== null) {
        svg.append(draw("rect", { class: "c-mark", x: x(i) - 3, y: y(value) - 3, width: 6, height: 6 }));
      }
    });
    data.targets.forEach((value, i) => {
      svg.append(draw("circle", { class: "p-mark", cx: x(i), cy: y(value), r: 3 }));
    });
    this.find(".chart").replaceChildren(svg);
  }

  go(step) {
    const { data } = this;
    this.at = Math.min(Math.max(step, 0), data.frames.length - 1);
    this.range.value = String(this.at);
    this.range.setAttribute("aria-valuetext", `${data.severities[this.at]}, ${data.tops[this.at]}`);
    const frame = this.find(".frame");
    frame.src = data.frames[this.at];
    frame.alt = `The picture at ${data.severities[this.at]}`;
    const map = this.find(".map");
    map.hidden = !data.maps[this.at];
    if (data.maps[this.at]) map.src = data.maps[this.at];
    this.find(".severity").textContent = `${data.severities[this.at]} (step ${this.at} of ${data.frames.length - 1})`;
    const top = this.find(".top");
    top.textContent = data.tops[this.at];
    top.classList.toggle("turned", data.turned[this.at]);
    this.find(".target").textContent = data.targetWords[this.at];
    this.find(".correlation").textContent = data.correlationWords[this.at];
    const x = this.x(this.at);
    this.now.setAttribute("d", `M${x} ${EDGE.top}V${HEIGHT - EDGE.bottom}`);
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".drift");
  if (!root || !data) return;
  if (!films.has(root)) films.set(root, new Film(root));
  films.get(root).show(data);
}
