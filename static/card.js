/** One plate as a card: enlarged, its text letter by letter, how sure it is, where it lies. */

import { el, percent } from "./dom.js";

/** What a card shows in its own way, and what every client gets besides. */
const SHOWN =
  /^(label|plate|confidence|[xy]_m(in|ax)|detection_confidence|char_confidences|.*_annotation)$/;
/** How much of its surroundings a crop shows, as a fraction of the plate's height. */
const MARGIN = 0.15;
const CROP_WIDTH = 720;

/**
 * @param {any} plate as the service describes it
 * @param {(here: boolean) => void} point told when the pointer comes and goes
 * @param {() => void} pick told when its cells are wanted
 */
export const card = (plate, point, pick) =>
  el(
    "li",
    { class: "plate", onpointerenter: () => point(true), onpointerleave: () => point(false) },
    el("canvas", { role: "img", "aria-label": `The plate ${plate.plate}, enlarged` }),
    text(plate),
    bar(plate.confidence),
    el("p", { class: "soft small" }, facts(plate)),
    el("button", { class: "quiet place", onclick: pick }),
  );

/** Letter by letter where the engine says how sure it is of each. @param {any} plate */
function text({ plate, char_confidences: sure = [] }) {
  const letters = [...plate];
  if (sure.length !== letters.length) return el("p", { class: "text" }, el("b", {}, plate));
  const spoken = letters.map((letter, at) => `${letter} ${percent(sure[at])}`).join(", ");
  return el(
    "p",
    { class: "text", tabindex: 0 },
    el("span", { class: "unseen" }, `${plate}, by character: ${spoken}`),
    ...letters.map((letter, at) => character(letter, sure[at])),
  );
}

/** @param {string} letter @param {number} sure */
function character(letter, sure) {
  const figure = el("small", {}, Math.round(sure * 100));
  const parts = [el("b", {}, letter), filled(sure), figure];
  return el("span", { class: "char", "aria-hidden": "true" }, ...parts);
}

/** @param {number} sure */
function bar(sure) {
  const now = Math.round(sure * 100);
  const range = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": now };
  const meter = el("div", { role: "meter", "aria-label": "Confidence", ...range }, filled(sure));
  return el("div", { class: "sure" }, meter, el("span", {}, percent(sure)));
}

/** @param {number} sure */
function filled(sure) {
  const line = el("i", { "data-level": sure >= 0.85 ? "good" : sure >= 0.6 ? "fair" : "poor" });
  line.style.setProperty("--part", sure);
  return line;
}

/** Size, how sure it is that there is a plate, and what this engine alone knows.
 * @param {any} plate */
function facts(plate) {
  const known = [`${plate.x_max - plate.x_min} × ${plate.y_max - plate.y_min} pixels`];
  if (plate.detection_confidence) known.push(`found with ${percent(plate.detection_confidence)}`);
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
  // The browser's own idea of the picture's size may differ from the file's pixels.
  const across = image.naturalWidth / answer.image_width;
  const down = image.naturalHeight / answer.image_height;
  canvas.width = CROP_WIDTH;
  canvas.height = Math.max(1, (CROP_WIDTH * height) / width);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.imageSmoothingQuality = "high";
  const { width: wide, height: high } = canvas;
  pen.drawImage(image, left * across, top * down, width * across, height * down, 0, 0, wide, high);
}
