// Elements out of values. Texts become text nodes and attributes, never markup: nothing here, or
// anywhere on this page, reads HTML.

/**
 * An element with attributes, listeners (`onclick`) and children; what is null is left out.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, unknown>} [attributes]
 * @param {(Node | string | null)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  dress(made, attributes);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * @param {string} name
 * @param {Record<string, unknown>} [attributes]
 * @param {SVGElement[]} children
 * @returns {SVGElement}
 */
function drawn(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  dress(made, attributes);
  made.append(...children);
  return made;
}

/**
 * @param {Element} made
 * @param {Record<string, unknown>} attributes
 */
function dress(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") {
      made.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
}

/**
 * The element of this id, which the page has.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
function part(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/**
 * The mark of the element in focus, if it has one: to give the focus back when it is drawn anew.
 *
 * @param {string} mark an attribute
 */
function focusedMark(mark) {
  return document.activeElement?.getAttribute(mark) ?? null;
}

/**
 * @param {HTMLElement} place
 * @param {string} mark
 * @param {string} value
 */
function focusMarked(place, mark, value) {
  for (const found of place.querySelectorAll(`[${mark}]`)) {
    if (found instanceof HTMLElement && found.getAttribute(mark) === value) found.focus();
  }
}

/**
 * A text of somebody else, kept from turning the direction of what stands around it.
 *
 * @param {string} text
 * @returns {HTMLElement}
 */
function foreign(text) {
  return element("bdi", {}, text);
}

/**
 * A small line drawing, for buttons that have a name of their own.
 *
 * @param {string} path
 * @returns {SVGElement}
 */
function icon(path) {
  const line = drawn("path", { d: path, fill: "none", stroke: "currentColor" });
  dress(line, { "stroke-width": 1.75, "stroke-linecap": "round", "stroke-linejoin": "round" });
  return drawn("svg", { viewBox: "0 0 20 20", "aria-hidden": "true", class: "icon" }, line);
}
