/** One plate as a card: enlarged, its text letter by letter, the confidence, its place. */

import { copies, el, percent } from "./dom.js";

/** What a card shows in its own way, and what every client gets besides. */
const SHOWN =
  /^(label|plate|confidence|[xy]_m(in|ax)|detection_confidence|char_confidences|.*_annotation)$/;
/** How much of its surroundings a crop shows, as a fraction of the plate's height. */
const MARGIN = 0.15;
const CROP_WIDTH = 720;
const MAX_CROP_REM = 14;

/**
 * @param {any} plate as the service describes it
 * @param {object} told
 * @param {(here: boolean) => void} told.point when the pointer comes and goes
 * @param {() => void} told.zoom when a close look is wanted
 * @param {() => void} told.pick when its cells are wanted
 */
export const card = (plate, { point, zoom, pick }) =>
  el(
    "li",
    { class: "plate", onpointerenter: () => point(true), onpointerleave: () => point(false) },
    crop(plate, zoom),
    text(plate),
    bar(plate.confidence),
    el("p", { class: "soft small" }, facts(plate)),
    el("div", { class: "row" }, copy(plate), el("button", { class: "quiet place", onclick: pick })),
  );

function crop({ plate }, zoom) {
  const label = `Zoom to ${plate}`;
  return el("button", { class: "crop", onclick: zoom, "aria-label": label }, el("canvas"));
}

function copy({ plate }) {
  const button = el("button", { class: "quiet", "aria-label": `Copy ${plate}` }, "Copy");
  copies(button, { textContent: plate });
  return button;
}

/** Letter by letter where the engine gives each one's confidence. @param {any} plate */
function text({ plate, char_confidences: each = [] }) {
  const letters = [...plate];
  if (each.length !== letters.length) return el("p", { class: "text" }, el("b", {}, plate));
  const spoken = letters.map((letter, at) => `${letter} ${percent(each[at])}`).join(", ");
  const characters = letters.map((letter, at) => character(letter, each[at]));
  return el(
    "p",
    { class: "text", tabindex: 0 },
    el("span", { class: "unseen" }, `${plate}, by character: ${spoken}`),
    el("b", { "aria-hidden": "true" }, ...characters),
  );
}

/** @param {string} letter @param {number} confidence 0 to 1 */
function character(letter, confidence) {
  const figure = el("small", {}, parseInt(percent(confidence)));
  return el("span", { class: "char" }, letter, filled(confidence), figure);
}

/** @param {number} confidence 0 to 1 */
function bar(confidence) {
  const now = parseFloat(percent(confidence));
  const range = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": now };
  const labels = { role: "meter", "aria-label": "Confidence", ...range };
  const meter = el("div", labels, filled(confidence));
  return el("div", { class: "confidence" }, meter, el("span", {}, percent(confidence)));
}

/** A line that is filled in part. @param {number} part 0 to 1 */
function filled(part) {
  const line = el("i", { "data-level": part >= 0.85 ? "good" : part >= 0.6 ? "fair" : "poor" });
  line.style.setProperty("--part", part);
  return line;
}

/** Size, confidence that there is a plate at all, and what only this engine gives.
 * @param {any} plate */
function facts(plate) {
  const known = [`${plate.x_max - plate.x_min} × ${plate.y_max - plate.y_min} pixels`];
  const { detection_confidence: detected } = plate;
  if (plate.region) known.push(`region ${plate.region.code}`);
  if (detected) known.push(`${percent(detected)} likely a plate`);
  for (const [key, value] of Object.entries(plate)) {
    if (!SHOWN.test(key) && /string|number/.test(typeof value)) known.push(`${key}: ${value}`);
  }
  return known.join(" · ");
}

/**
 * Draws a plate, enlarged, with a little of what is around it.
 * @param {HTMLCanvasElement} canvas @param {HTMLImageElement} image
 * @param {any} plate @param {any} answer what the plate is part of
 */
export function drawCrop(canvas, image, plate, answer) {
  const margin = MARGIN * (plate.y_max - plate.y_min);
  const left = Math.max(0, plate.x_min - margin);
  const top = Math.max(0, plate.y_min - margin);
  const width = Math.min(answer.image_width, plate.x_max + margin) - left;
  const height = Math.min(answer.image_height, plate.y_max + margin) - top;
  // The browser's size of the picture may differ from the file's pixels.
  const across = image.naturalWidth / answer.image_width;
  const down = image.naturalHeight / answer.image_height;
  canvas.width = CROP_WIDTH;
  canvas.height = Math.max(1, (CROP_WIDTH * height) / width);
  canvas.style.width = `min(100%, ${(MAX_CROP_REM * width) / height}rem)`;
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  const { width: wide, height: high } = canvas;
  pen.drawImage(image, left * across, top * down, width * across, height * down, 0, 0, wide, high);
}
