// Building elements: text is always set as text, never as markup, and no style attribute is needed.

const SVG = "http://www.w3.org/2000/svg";

const SHAPES = {
  back: "M15 5l-7 7 7 7",
  send: "M4 12 20 4l-5 16-4-7z",
  attach: "M20 12l-8 8a5 5 0 0 1-7-7l8-9a3 3 0 0 1 5 5l-8 8a1 1 0 0 1-3-2l8-8",
  voice: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4",
  stop: "M7 7h10v10H7z",
  react: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14a4 4 0 0 0 7 0M9 9.5v.01M15 9.5v.01",
  reply: "M10 6l-6 6 6 6M4 12h9a7 7 0 0 1 7 7",
  edit: "M5 19l1-4L16 5l3 3L9 18l-4 1z",
  block: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6",
  close: "M18 6 6 18M6 6l12 12",
  more: "M12 6v.01M12 12v.01M12 18v.01",
  add: "M12 5v14M5 12h14",
  faults: "M12 4 3 20h18L12 4zM12 10v4M12 17v.01",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
  place: "M12 21s7-6 7-11a7 7 0 0 0-14 0c0 5 7 11 7 11zM12 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20a8 8 0 0 1 16 0",
};

/** An element: `onclick` and the like are listened to, `true` is an empty attribute. */
export function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== false) made.append(child);
  return made;
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

const COLOURS = 7;

/** A round picture with the first letters of a name. */
export function avatar(name, number) {
  const letters = name.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
  return el("span", { class: `avatar a${Math.abs(number) % COLOURS}`, "aria-hidden": "true" }, letters || "?");
}
