/** The grid's slider, its text, and the service's own drawing of it. */

import { drawGrid } from "./api.js";
import { byId, onClick, write } from "./dom.js";
import { parseCells, ranges, sorted } from "./grid.js";
import { sameCells, store } from "./store.js";

const slider = byId("size");
const wanted = byId("wanted");

export function startControls() {
  store.on("grid", render);
  store.on("shown", () => (byId("draw").disabled = !store.shown));
  slider.addEventListener("input", () => seen(() => store.resize(Number(slider.value))));
  wanted.addEventListener("input", typed);
  wanted.addEventListener("blur", render);
  onClick("all-cells", () => seen(() => store.pick([])));
  onClick("draw", draw);
  onClick("close-drawing", () => byId("drawing").close());
  useDefaults();
}

/** The service's own grid: what a client gets that names none. */
function useDefaults() {
  const { gridSize, wantedCells = "" } = document.body.dataset;
  const size = Math.max(1, Number(gridSize));
  store.resize(size);
  store.pick(size < 2 ? [] : parseCells(wantedCells, size));
}

/** A change of the grid shows the cells. @param {() => void} change */
function seen(change) {
  change();
  store.look("cells");
}

function typed() {
  const { cells, wrong } = read();
  complain(wrong);
  if (cells) seen(() => store.pick(cells));
}

/** @returns {{cells?: Set<number>, wrong: string}} */
function read() {
  try {
    return { cells: parseCells(wanted.value, store.grid.size), wrong: "" };
  } catch (error) {
    return { wrong: /** @type {Error} */ (error).message };
  }
}

/** @param {string} message */
function complain(message) {
  write("wanted-wrong", message);
  byId("wanted-wrong").hidden = !message;
  wanted.setAttribute("aria-invalid", Boolean(message));
}

function render() {
  const { size, cells } = store.grid;
  slider.value = size;
  slider.setAttribute("aria-valuetext", size < 2 ? "no grid" : `${size} by ${size}`);
  write("size-shown", size < 2 ? "off" : `${size} × ${size}`);
  byId("all-cells").disabled = !cells.size;
  write("grid-says", summary(size, cells));
  const said = read().cells;
  // What is being typed must not be rewritten under the cursor.
  if (document.activeElement === wanted && said && sameCells(said, cells)) return;
  wanted.value = sorted(cells).join();
  complain("");
}

/** @param {number} size @param {Set<number>} cells */
function summary(size, cells) {
  if (size < 2) return "Only the whole picture is read.";
  if (!cells.size) return `All ${size * size} cells are tried.`;
  return `${cells.size} of ${size * size} cells are tried: ${ranges(cells)}.`;
}

async function draw() {
  const { shown, grid } = store;
  if (!shown) return;
  const image = byId("drawing-image");
  const says = byId("drawing-says");
  image.hidden = true;
  says.textContent = "Drawing…";
  byId("drawing").showModal();
  try {
    image.src = await drawGrid(shown.file, grid);
    image.hidden = false;
    says.textContent = `${shown.file.name}. ${summary(grid.size, grid.cells)}`;
  } catch (error) {
    says.textContent = /** @type {Error} */ (error).message;
  }
}
