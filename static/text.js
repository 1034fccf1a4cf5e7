/** A text field that is taken as it is typed, and says what it cannot take. */

import { byId, write } from "./dom.js";
import { store } from "./store.js";

/**
 * @template T
 * @param {string} id of the field; what is wrong stands in the element `id-wrong`
 * @param {object} how
 * @param {import("./store.js").Part} how.part of the store that it shows
 * @param {(text: string) => T} how.parse throws in words
 * @param {(value: T) => string} how.text
 * @param {() => T} how.value as the store has it
 * @param {(value: T) => void} how.take
 */
export function startText(id, { part, parse, text, value, take }) {
  const field = byId(id);
  const complaint = byId(`${id}-wrong`);

  /** @param {string} message */
  function complain(message) {
    write(complaint.id, message);
    complaint.hidden = !message;
    field.setAttribute("aria-invalid", Boolean(message));
  }

  /** @returns {{value?: T, wrong: string}} */
  function read() {
    try {
      return { value: parse(field.value), wrong: "" };
    } catch (error) {
      return { wrong: error.message };
    }
  }

  function typed() {
    const { value, wrong } = read();
    complain(wrong);
    if (value) take(value);
  }

  function render() {
    const typed = read().value;
    // What is being typed must not be rewritten under the cursor.
    if (document.activeElement === field && typed && text(typed) === text(value())) return;
    field.value = text(value());
    complain("");
  }

  field.addEventListener("input", typed);
  field.addEventListener("blur", render);
  store.on(part, render);
}
