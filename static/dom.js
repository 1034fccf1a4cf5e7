/** Helpers that build what the page shows. Text is set as text: no file's or server's word can
 * become markup. */

/**
 * An element. Attributes that start with `on` are listeners; `true` sets one empty, and what is
 * `false` or nothing is left out, among the children too.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...any} children
 * @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (shown(value)) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter(shown));
  return element;
}

const shown = (value) => value !== false && value !== null && value !== undefined;

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** @param {string} id @param {string} text */
export function write(id, text) {
  byId(id).textContent = text;
}

/** @param {string} id @param {() => void} listener */
export const onClick = (id, listener) => byId(id).addEventListener("click", listener);

/** Lays an element over a part of what it lies in. @param {any} element
 * @param {number[]} area left, top, right and bottom as fractions */
export function place({ style }, [left, top, right, bottom]) {
  Object.assign(style, { left: `${100 * left}%`, top: `${100 * top}%` });
  Object.assign(style, { width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%` });
}

/** For screen readers. @param {string} sentence */
export const say = (sentence) => write("live", sentence);

/** 100 % only where nothing is missing: 0.9991 is 99.9 %. @param {number} fraction */
export const percent = (fraction) =>
  `${fraction < 0.995 ? Math.round(fraction * 100) : Math.floor(fraction * 1000) / 10}\u00a0%`;

/** @param {number} count @param {string} noun */
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** @param {number} bytes */
export const fileSize = (bytes) =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** Makes a button copy what an element says. @param {any} button @param {any} source */
export function copies(button, source) {
  let timer = 0;
  button.addEventListener("click", async () => {
    const done = await copied(source.textContent);
    button.textContent = done ? "Copied" : "Please copy by hand";
    say(button.textContent);
    clearTimeout(timer);
    timer = setTimeout(() => (button.textContent = "Copy"), 1800);
  });
}

/** Whether it lies on the clipboard now. On plain http, as on most LANs, browsers offer only the
 * old way. @param {string} text */
async function copied(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => true, () => false);
  }
  const focused = document.activeElement;
  const field = el("textarea", { class: "unseen" });
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return done;
}
