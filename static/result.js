/** What the service read on the shown picture, how long it took, and what the grid tried. */

import { card, drawCrop } from "./card.js";
import { byId, copies, counted, el, write } from "./dom.js";
import { cellsAround, ranges } from "./grid.js";
import { readAgain } from "./reader.js";
import { mark } from "./stage.js";
import { store } from "./store.js";
import { zoomTo } from "./zoom.js";

const TRUNCATED = "The file ends early. It was read as far as it came.";

const image = byId("picture");
const result = byId("result");
const again = byId("again");

export function startResult() {
  store.on("shown", render);
  store.on("grid", renderGrid);
  store.on("areas", renderGrid);
  store.on("regions", renderGrid);
  image.addEventListener("load", drawCrops);
  again.addEventListener("click", () => store.shown && readAgain([store.shown]));
  copies(byId("copy-raw"), byId("json"));
}

function render() {
  const picture = store.shown;
  // What is below stays put.
  result.style.minHeight = pending(picture) ? `${result.offsetHeight}px` : "";
  result.replaceChildren(...contents(picture));
  write("result-title", title(picture));
  byId("raw").hidden = !picture?.answer;
  write("json", JSON.stringify(picture?.answer, null, 2));
  renderGrid();
  drawCrops();
}

const pending = (picture) => /waiting|reading/.test(picture?.state ?? "");

const all = (selector) => [...result.querySelectorAll(selector)];

function title(picture) {
  if (picture?.state === "failed") return "Not read";
  if (picture?.state !== "done") return "Plates";
  const { length } = picture.answer.predictions;
  return length ? counted(length, "plate") : "No plate found";
}

/** What follows the grid: where plates lie in it, and whether to read again. */
function renderGrid() {
  const { shown, grid } = store;
  const failed = Boolean(shown?.error) && !pending(shown);
  const done = shown?.state === "done";
  again.hidden = !failed && !done;
  again.textContent = failed ? "Try again" : "Read again";
  again.classList.toggle("primary", failed || (done && !sameFields(shown.fields)));
  all(".place").forEach((button, index) => {
    const cells = around(shown?.answer.predictions[index]);
    button.hidden = grid.size < 2;
    button.textContent = `Pick ${cells.length === 1 ? "cell" : "cells"} ${ranges(cells)}`;
  });
}

/** Whether a request would say this again. @param {object} fields */
const sameFields = (fields) => JSON.stringify(fields) === JSON.stringify(store.fields);

function contents(picture) {
  switch (picture?.state) {
    case "waiting":
      return [note("Waits for its turn.")];
    case "reading":
      return [note("Reading…")];
    case "failed":
      return [failure(picture.error, picture.answer?.code)];
    case "done":
      return [
        ...(picture.error ? [failure(`${picture.error} This was read before:`)] : []),
        ...(picture.answer.image_truncated ? [note(TRUNCATED, "notice")] : []),
        found(picture.answer),
        timings(picture),
        note(tried(picture), "soft small"),
      ];
  }
  return [note("What the service reads appears here.")];
}

const note = (text, kind = "soft") => el("p", { class: kind }, text);

/** @param {string} error @param {number} [status] */
const failure = (error, status) =>
  el("p", { class: "notice" }, error, status && el("small", {}, ` HTTP ${status}`));

function found({ predictions, grid }) {
  if (predictions.length) return el("ol", { class: "plates" }, ...predictions.map(plateCard));
  return grid.cells_tried.length
    ? note("A finer grid may find it, or a closer or sharper picture.")
    : note("A grid may find it: its cells show plates that are too small in the whole picture.");
}

const plateCard = (plate, index) =>
  card(plate, {
    point: (here) => mark(here ? index : -1),
    zoom: () => zoomTo(index),
    pick: () => {
      store.pick(around(plate));
      store.look("cells");
    },
  });

function around(plate) {
  const { image_width: width, image_height: height } = store.shown?.answer;
  return cellsAround(plate, store.grid.size, width, height);
}

function timings({ answer, roundTrip }) {
  const times = { Engine: answer.inferenceMs, Service: answer.processMs, "Round trip": roundTrip };
  const items = Object.entries(times).map(([name, ms]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, `${ms} ms`)));
  return el("dl", { class: "facts timings" }, ...items);
}

function tried({ answer, fields }) {
  const { grid_size: size, whole_image: whole, cells_tried: cells } = answer.grid;
  if (!cells.length) {
    const seen = answer.predictions.length
      ? "Seen on the whole picture" : "The whole picture was read";
    return `${seen}; ${size < 2 ? "there was no grid." : "no cell had to be tried."}`;
  }
  const some = `${counted(cells.length, "cell")} (${ranges(cells)})`;
  const which = cells.length === size * size ? "all cells" : some;
  const grid = `${which} of the ${size} × ${size} grid`;
  if (!whole) return `Read: only ${grid}.`;
  if (fields.whole_image_fallback) return `Nothing in ${grid}, so the whole picture was read.`;
  if (document.body.dataset.gridWhen === "always") return `Read: the whole picture and ${grid}.`;
  return `Nothing on the whole picture, so ${grid} were tried.`;
}

function drawCrops() {
  const { shown } = store;
  if (shown?.state !== "done" || !image.naturalWidth) return;
  all("canvas").forEach((canvas, index) =>
    drawCrop(canvas, image, shown.answer.predictions[index], shown.answer));
}
