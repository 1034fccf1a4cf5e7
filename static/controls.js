/** The grid's slider, its text, and the service's own drawing of it. */

import { ServiceError, drawGrid } from "./api.js";
import { byId } from "./dom.js";
import { LARGEST, parseCells, ranges, sorted } from "./grid.js";
import { store } from "./store.js";

const slider = byId("size");
const wanted = byId("wanted");

export function startControls() {
  store.on("grid", render);
  store.on("shown", () => (byId("draw").disabled = !store.shown));
  slider.addEventListener("input", () => seen(() => store.resize(Number(slider.value))));
  wanted.addEventListener("input", typed);
  wanted.addEventListener("change", render);
  byId("all-cells").addEventListener("click", () => seen(() => store.pick(new Set())));
  byId("draw").addEventListener("click", draw);
  byId("close-drawing").addEventListener("click", () => byId("drawing").close());
  useDefaults();
}

/** The service's own grid is what a client gets that names none. */
function useDefaults() {
  const { gridSize, wantedCells } = document.body.dataset;
  const size = Number(gridSize);
  store.resize(size >= 2 && size <= LARGEST ? size : 1);
  try {
    store.pick(parseCells(wantedCells ?? "", store.grid.size));
  } catch {
    store.pick(new Set());
  }
}

/** Whoever changes the grid wants to see it. @param {() => void} change */
function seen(change) {
  change();
  store.look("cells");
}

function typed() {
  try {
    const cells = parseCells(wanted.value, store.grid.size);
    complain("");
    seen(() => store.pick(cells));
  } catch (error) {
    complain(/** @type {Error} */ (error).message);
  }
}

/** @param {string} message */
function complain(message) {
  byId("wanted-wrong").textContent = message;
  byId("wanted-wrong").hidden = !message;
  wanted.setAttribute("aria-invalid", String(Boolean(message)));
}

function render() {
  const { size, cells } = store.grid;
  slider.value = size;
  slider.setAttribute("aria-valuetext", size < 2 ? "no grid" : `${size} by ${size}`);
  byId("size-shown").textContent = size < 2 ? "off" : `${size} × ${size}`;
  byId("all-cells").disabled = cells.size === 0;
  byId("grid-says").textContent = summary(size, sorted(cells));
  if (document.activeElement === wanted && sameText(cells)) return;
  wanted.value = sorted(cells).join(",");
  complain("");
}

/** Whether what is being typed already says so, and so must not be rewritten under the cursor.
 * @param {Set<number>} cells */
function sameText(cells) {
  try {
    const typed = parseCells(wanted.value, store.grid.size);
    return typed.size === cells.size && [...typed].every((cell) => cells.has(cell));
  } catch {
    return false;
  }
}

/** @param {number} size @param {number[]} cells */
function summary(size, cells) {
  if (size < 2) return "Only the whole picture is read.";
  if (!cells.length) return `All ${size * size} cells are tried.`;
  return `${cells.length} of ${size * size} cells are tried: ${ranges(cells)}.`;
}

async function draw() {
  if (!store.shown) return;
  const { file } = store.shown;
  const image = byId("drawing-image");
  image.hidden = true;
  byId("drawing-says").textContent = "Drawing…";
  byId("drawing").showModal();
  try {
    image.src = await drawGrid(file, store.grid);
    image.hidden = false;
    byId("drawing-says").textContent = `${file.name}. ${byId("grid-says").textContent}`;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    byId("drawing-says").textContent = error.message;
  }
}
