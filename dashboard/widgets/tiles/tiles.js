// Tiles: small pictures to choose from, with a map over them where there is one.

function make(tag, name) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  return element;
}

function place(element, [left, top, right, bottom]) {
  element.style.left = `${left * 100}%`;
  element.style.top = `${top * 100}%`;
  element.style.width = `${(right - left) * 100}%`;
  element.style.height = `${(bottom - top) * 100}%`;
}

function image(name, source, alt) {
  const element = make("img", name);
  element.src = source;
  element.alt = alt;
  element.draggable = false;
  return element;
}

function tile(item, data) {
  const button = make("button");
  button.type = "button";
  button.dataset.id = item.id;
  button.setAttribute("aria-pressed", String(Boolean(item.selected)));
  button.title = item.hint ?? item.title;
  button.classList.toggle("waiting", item.share !== undefined && item.share !== null);
  const picture = make("div", "picture");
  if (data.ratio) picture.style.aspectRatio = data.ratio;
  picture.append(image("base", item.image ?? data.base, ""));
  if (data.box) {
    const seen = make("div", "seen");
    place(seen, data.box);
    picture.append(seen);
    if (item.map) {
      const map = image("map", item.map, "");
      place(map, data.box);
      picture.append(map);
    }
  }
  picture.style.setProperty("--share", String(item.share ?? 0));
  const title = make("span", "title");
  title.textContent = item.title;
  button.append(picture, title);
  if (item.caption) {
    const caption = make("span", "caption");
    caption.textContent = item.caption;
    button.append(caption);
  }
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".tiles");
  if (!root || !data) return;
  root.className = `tiles ${data.kind}`;
  root.setAttribute("aria-label", data.label);
  const focused = root.getRootNode().activeElement?.dataset?.id;
  const scrolled = root.scrollLeft;
  root.replaceChildren(...data.items.map((item) => tile(item, data)));
  root.scrollLeft = scrolled;
  if (focused) {
    [...root.children].find((button) => button.dataset.id === focused)?.focus({ preventScroll: true });
  }
  root.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) setTriggerValue("picked", button.dataset.id);
  };
}
