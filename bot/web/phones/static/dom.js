// Building elements without markup in strings.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; `null` children are left out, strings become text. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A decorative drawing. Each path is a `d` that takes the stroke, or `[fill, d]`. */
export function svg(className, viewBox, ...paths) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", className);
  drawing.setAttribute("viewBox", viewBox);
  drawing.setAttribute("aria-hidden", "true");
  for (const path of paths) {
    const shape = document.createElementNS(SVG, "path");
    const [fill, d] = Array.isArray(path) ? path : [null, path];
    shape.setAttribute("d", d);
    if (fill) shape.setAttribute("fill", fill);
    drawing.append(shape);
  }
  return drawing;
}
