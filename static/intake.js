/** Pictures come in by drop, paste, file chooser or camera. */

import { byId } from "./dom.js";
import { readFiles } from "./reader.js";

const veil = byId("veil");

export function startIntake() {
  for (const id of ["files", "photo"]) byId(id).addEventListener("change", chosen);
  for (const button of openers()) {
    button.addEventListener("click", () => byId(button.dataset.opens).click());
  }
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", (event) => event.relatedTarget || (veil.hidden = true));
  document.addEventListener("drop", dropped);
  document.addEventListener("paste", (event) => take(event, event.clipboardData));
}

/** The buttons that open a file chooser or the camera. @returns {any[]} */
export const openers = () => [...document.querySelectorAll("[data-opens]")];

function chosen({ target }) {
  readFiles([...target.files]);
  target.value = ""; // so that the same file can be chosen again
}

function over(event) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  veil.hidden = false;
}

function dropped(event) {
  veil.hidden = true;
  take(event, event.dataTransfer);
}

function take(event, data) {
  if (!data?.files.length) return;
  event.preventDefault();
  readFiles([...data.files]);
}
