/**
 * The few helpers that build what the page shows. Text is always set as text: whatever a service
 * or a file name says can never become markup.
 */

/**
 * An element with attributes and children. An attribute that is `true` is set empty, one that is
 * `false`, `null` or `undefined` is left out; one that starts with `on` is a listener.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node|string|number|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.filter(isShown).map(asNode));
  return element;
}

/** @param {unknown} child */
const isShown = (child) => child !== null && child !== undefined && child !== false;

/** @param {any} child */
const asNode = (child) => (child instanceof Node ? child : String(child));

/** @param {Element} element @param {string} name @param {any} value */
function set(element, name, value) {
  if (!isShown(value)) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/**
 * The element of that id, which the page is known to have.
 * @param {string} id
 * @returns {any}
 */
export const byId = (id) => document.getElementById(id);

/** Says a sentence to screen readers. @param {string} sentence */
export function say(sentence) {
  byId("live").textContent = sentence;
}

/** A fraction as whole per cent. @param {number} fraction */
export const percent = (fraction) => `${Math.round(fraction * 100)} %`;

/** `1 plate`, `2 plates`. @param {number} count @param {string} noun */
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** A file's size for people. @param {number} bytes */
export function fileSize(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * Makes a button copy a text to the clipboard and say so.
 * @param {HTMLButtonElement} button
 * @param {() => string} text
 */
export function copies(button, text) {
  const label = button.textContent ?? "";
  let timer = 0;
  button.addEventListener("click", async () => {
    const done = await copied(text());
    button.textContent = done ? "Copied" : "Select and copy by hand";
    say(button.textContent);
    clearTimeout(timer);
    timer = window.setTimeout(() => (button.textContent = label), 1800);
  });
}

/** @param {string} text @returns {Promise<boolean>} whether it lies on the clipboard */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedTheOldWay(text);
  }
}

/** On plain http, as on most LANs, browsers offer no clipboard object. @param {string} text */
function copiedTheOldWay(text) {
  const field = el("textarea", { class: "hidden-text", "aria-hidden": "true", tabindex: -1 });
  const focused = /** @type {HTMLElement|null} */ (document.activeElement);
  /** @type {HTMLTextAreaElement} */ (field).value = text;
  document.body.append(field);
  /** @type {HTMLTextAreaElement} */ (field).select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return done;
}
