/** One plate as a card: enlarged, its text letter by letter, how sure it is, where it lies. */

import { el, percent } from "./dom.js";

/** What a card shows in its own way, and what every client gets besides. */
const SHOWN = new Set(
  ("label plate confidence x_min y_min x_max y_max detection_confidence char_confidences " +
    "plate_annotation ocr_annotation valid_ocr_annotation").split(" "),
);
/** How much of its surroundings a crop shows, as a fraction of the plate. */
const MARGIN = 0.12;
const CROP_WIDTH = 720;

/**
 * @param {any} plate as the service describes it
 * @param {(here: boolean) => void} point told when the pointer comes and goes
 * @param {(event: Event) => void} pick told when its cells are wanted
 */
export function card(plate, point, pick) {
  return el(
    "li",
    { class: "plate", onpointerenter: () => point(true), onpointerleave: () => point(false) },
    el("canvas", { role: "img", "aria-label": `The plate ${plate.plate}, enlarged` }),
    text(plate),
    bar(plate.confidence),
    el("p", { class: "soft small" }, facts(plate)),
    el("button", { type: "button", class: "quiet place", onclick: pick }),
  );
}

/** Letter by letter where the engine says how sure it is of each. @param {any} plate */
function text(plate) {
  const letters = [...plate.plate];
  const sure = plate.char_confidences;
  if (!Array.isArray(sure) || sure.length !== letters.length) {
    return el("p", { class: "text" }, el("b", {}, plate.plate));
  }
  const spoken = letters.map((letter, at) => `${letter} ${percent(sure[at])}`).join(", ");
  return el(
    "p",
    { class: "text", tabindex: 0 },
    el("span", { class: "unseen" }, `${plate.plate}, character by character: ${spoken}`),
    ...letters.map((letter, at) => character(letter, sure[at])),
  );
}

/** @param {string} letter @param {number} sure */
function character(letter, sure) {
  const figure = el("small", {}, Math.round(sure * 100));
  return el("span", { class: "char", "aria-hidden": "true" }, el("b", {}, letter), filled(sure), figure);
}

/** @param {number} sure */
function bar(sure) {
  const range = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(sure * 100) };
  const meter = el("div", { role: "meter", "aria-label": "Confidence", ...range }, filled(sure));
  return el("div", { class: "sure" }, meter, el("span", {}, percent(sure)));
}

/** @param {number} sure */
function filled(sure) {
  const level = sure >= 0.85 ? "good" : sure >= 0.6 ? "fair" : "poor";
  const line = el("i", { "data-level": level });
  line.style.setProperty("--part", String(sure));
  return line;
}

/** Size, how sure it is that there is a plate, and what this engine alone knows.
 * @param {any} plate */
function facts(plate) {
  const found = plate.detection_confidence;
  const more = Object.entries(plate)
    .filter(([key, value]) => !SHOWN.has(key) && ["string", "number"].includes(typeof value))
    .map(([key, value]) => `${key.replaceAll("_", " ")}: ${value}`);
  return [
    `${plate.x_max - plate.x_min} × ${plate.y_max - plate.y_min} pixels`,
    ...(typeof found === "number" ? [`found with ${percent(found)}`] : []),
    ...more,
  ].join(" · ");
}

/**
 * Draws a plate, enlarged, with a little of what is around it.
 * @param {HTMLCanvasElement} canvas @param {HTMLImageElement} image
 * @param {any} plate @param {any} answer what the plate is part of
 */
export function drawCrop(canvas, image, plate, answer) {
  const { x_min, y_min, x_max, y_max } = plate;
  const margin = MARGIN * Math.max(y_max - y_min, (x_max - x_min) / 3);
  const left = Math.max(0, x_min - margin);
  const top = Math.max(0, y_min - margin);
  const width = Math.min(answer.image_width, x_max + margin) - left;
  const height = Math.min(answer.image_height, y_max + margin) - top;
  // The browser's own idea of the picture's size may differ from the file's pixels.
  const across = image.naturalWidth / answer.image_width;
  const down = image.naturalHeight / answer.image_height;
  canvas.width = CROP_WIDTH;
  canvas.height = Math.max(1, Math.round((CROP_WIDTH * height) / width));
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.imageSmoothingQuality = "high";
  const area = /** @type {const} */ ([left * across, top * down, width * across, height * down]);
  pen.drawImage(image, ...area, 0, 0, canvas.width, canvas.height);
}
