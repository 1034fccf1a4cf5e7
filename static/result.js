/** What the service read on the shown picture, how long it took, and what the grid tried. */

import { card, drawCrop } from "./card.js";
import { byId, copies, counted, el } from "./dom.js";
import { cellsAround, ranges } from "./grid.js";
import { readAgain } from "./reader.js";
import { mark } from "./stage.js";
import { sameGrid, store } from "./store.js";

/** @typedef {import("./store.js").Picture} Picture */

/** @type {HTMLImageElement} */
const image = byId("picture");

export function startResult() {
  store.on("shown", render);
  store.on("grid", renderAgain);
  store.on("grid", renderPlaces);
  image.addEventListener("load", drawCrops);
  byId("again").addEventListener("click", () => store.shown && readAgain([store.shown]));
  copies(byId("copy-raw"), () => byId("json").textContent ?? "");
}

function render() {
  const picture = store.shown;
  byId("result").replaceChildren(...contents(picture));
  byId("result-title").textContent = title(picture);
  byId("raw").hidden = !picture?.answer;
  byId("json").textContent = picture?.answer ? JSON.stringify(picture.answer, null, 2) : "";
  renderAgain();
  renderPlaces();
  drawCrops();
}

/** @param {Picture|null} picture */
function title(picture) {
  if (picture?.state === "failed") return "Not read";
  if (picture?.state !== "done") return "Plates";
  const { length } = picture.answer.predictions;
  return length ? counted(length, "plate") : "No plate found";
}

/** The button that reads once more stands out where that would change something. */
function renderAgain() {
  const picture = store.shown;
  const failed = picture?.state === "failed";
  const done = picture?.state === "done";
  const stale = failed || (done && !sameGrid(picture.grid, store.grid));
  byId("again").hidden = !failed && !done;
  byId("again").textContent = failed ? "Try again" : "Read again";
  byId("again").classList.toggle("primary", stale);
}

/** @param {Picture|null} picture @returns {Node[]} */
function contents(picture) {
  if (!picture) return [soft("What the service reads appears here.")];
  if (picture.state === "waiting") return [soft("Waits for its turn.")];
  if (picture.state === "reading") return [soft("Reading…")];
  if (picture.state === "failed") return [failure(picture)];
  const { answer } = picture;
  return [answer.predictions.length ? cards(answer) : soft(advice(answer)), timings(picture), tried(answer)];
}

/** @param {string} text */
const soft = (text) => el("p", { class: "soft" }, text);

/** @param {Picture} picture */
function failure(picture) {
  const code = picture.answer?.code;
  return el("p", { class: "notice" }, picture.error, code && el("small", {}, ` HTTP ${code}`));
}

/** @param {any} answer */
function advice(answer) {
  return answer.grid.cells_tried.length
    ? "A finer grid may find it, or a picture that is closer or sharper."
    : "A grid may find it: its cells show small plates that the whole picture hides.";
}

/** @param {any} answer */
function cards(answer) {
  const items = answer.predictions.map((/** @type {any} */ plate, /** @type {number} */ index) =>
    card(plate, (here) => mark(here ? index : -1), () => keepTo(plate, answer)));
  return el("ol", { class: "plates" }, ...items);
}

/** Picks the cells of a plate and shows them. @param {any} plate @param {any} answer */
function keepTo(plate, answer) {
  store.pick(new Set(around(plate, answer)));
  store.look("cells");
}

/** @param {any} plate @param {any} answer */
const around = (plate, answer) =>
  cellsAround(plate, store.grid.size, answer.image_width, answer.image_height);

function renderPlaces() {
  const answer = store.shown?.answer;
  document.querySelectorAll("#result .place").forEach((button, index) => {
    const cells = around(answer.predictions[index], answer);
    /** @type {HTMLElement} */ (button).hidden = store.grid.size < 2;
    button.textContent = `Pick ${cells.length === 1 ? "cell" : "cells"} ${ranges(cells)}`;
  });
}

/** @param {Picture} picture */
function timings({ answer, roundTrip }) {
  const pairs = [["Engine", answer.inferenceMs], ["Service", answer.processMs], ["Round trip", roundTrip]];
  const items = pairs.map(([name, ms]) => el("div", {}, el("dt", {}, name), el("dd", {}, `${ms} ms`)));
  return el("dl", { class: "facts timings" }, ...items);
}

/** @param {any} answer */
function tried({ grid, predictions }) {
  const { grid_size: size, cells_tried: cells } = grid;
  if (!cells.length) {
    const whole = predictions.length ? "Seen on the whole picture" : "Only the whole picture was read";
    return small(`${whole}; ${size < 2 ? "there was no grid." : "no cell had to be tried."}`);
  }
  const all = cells.length === size * size;
  const which = all ? `all ${cells.length} cells` : `${counted(cells.length, "cell")} (${ranges(cells)})`;
  return small(`Nothing on the whole picture, so ${which} of the ${size} × ${size} grid were tried.`);
}

/** @param {string} text */
const small = (text) => el("p", { class: "soft small", id: "tried" }, text);

function drawCrops() {
  const picture = store.shown;
  if (picture?.state !== "done" || !image.naturalWidth) return;
  document.querySelectorAll("#result canvas").forEach((canvas, index) => {
    const { answer } = picture;
    drawCrop(/** @type {HTMLCanvasElement} */ (canvas), image, answer.predictions[index], answer);
  });
}
