/** Pictures come in by drop, paste, file chooser or camera. */

import { byId } from "./dom.js";
import { readFiles } from "./reader.js";

/** @param {DataTransfer|null} data */
const bringsFiles = (data) => Boolean(data && [...data.types].includes("Files"));

export function startIntake() {
  for (const id of ["files", "photo"]) byId(id).addEventListener("change", chosen);
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", left);
  document.addEventListener("drop", dropped);
  document.addEventListener("paste", pasted);
}

/** @param {Event} event */
function chosen(event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  readFiles([...(input.files ?? [])]);
  input.value = ""; // so that the same file can be chosen again
}

/** @param {DragEvent} event */
function over(event) {
  if (!bringsFiles(event.dataTransfer)) return;
  event.preventDefault();
  byId("veil").hidden = false;
}

/** @param {DragEvent} event */
function left(event) {
  if (event.relatedTarget === null) byId("veil").hidden = true;
}

/** @param {DragEvent} event */
function dropped(event) {
  byId("veil").hidden = true;
  if (!bringsFiles(event.dataTransfer)) return;
  event.preventDefault();
  readFiles([...(event.dataTransfer?.files ?? [])]);
}

/** @param {ClipboardEvent} event */
function pasted(event) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  readFiles(files);
}
