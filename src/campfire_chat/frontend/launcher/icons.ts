/** The paths of each icon: the flame in its bubble, and the arrow that closes. */
const ICONS = [
  [
    "M12 2C6 2 2 6 2 11c0 3 2 6 4 7v4l4-2c7 1 12-3 12-9 0-5-4-9-10-9z",
    "M12.5 5c.5 3 3.5 4 3.5 7.5a4 4 0 0 1-8 0q0-2 1.5-3.5.5 1.5 1.5 2c0-2 0-4.5 1.5-6z",
  ],
  ["m6 9 6 6 6-6"],
];

function draw(parent: Element, tag: string, attribute: string, value: string): Element {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  made.setAttribute(attribute, value);
  parent.append(made);
  return made;
}

/** Draws the icons node by node: a page may forbid `innerHTML`. */
export function drawIcons(button: Element): void {
  for (const paths of ICONS) {
    const icon = draw(button, "svg", "viewBox", "0 0 24 24");
    for (const path of paths) draw(icon, "path", "d", path);
  }
}
