// Building elements: text is always set as text, never as markup, and no style attribute is needed.

const SVG = "http://www.w3.org/2000/svg";

// Quoted: asked for by name, so not to be shortened by the build.
const SHAPES = {
  "chat": "M12 3a9 9 0 1 1-4 17l-5 1 1-5a9 9 0 0 1 8-13z",
  "down": "M6 9l6 6 6-6",
  "close": "M18 6 6 18M6 6l12 12",
  "send": "M4 12 20 4l-5 16-4-7z",
  "attach": "M20 12l-8 8a5 5 0 0 1-7-7l8-9a3 3 0 0 1 5 5l-8 8a1 1 0 0 1-3-2l8-8",
  "emoji": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14a4 4 0 0 0 7 0M9 9.5v.01M15 9.5v.01",
  "bell": "M6 9a6 6 0 0 1 12 0c0 6 3 7 3 7H3s3-1 3-7M10 20h4",
  "sending": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2",
  "sent": "M5 13l4 4L19 7",
  "read": "M1 13l4 4L15 7M10 16l1 1L21 7",
};

/** An element: `onclick` and the like are listened to, `true` is an empty attribute. */
export function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) set(made, name, value === true ? "" : value);
  }
  for (const child of children) if (child) made.append(child);
  return made;
}

export function set(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== `${value}`) element.setAttribute(name, value);
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** A button that shows only an icon. */
export const tool = (name, label, onclick, more) =>
  el("button", { type: "button", class: `tool ${name}`, title: label, "aria-label": label, onclick, ...more }, icon(name));

/** Put `nodes` into `parent` in this order, moving as little as possible. */
export function arrange(parent, nodes) {
  let at = parent.firstChild;
  for (const node of nodes) {
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}
