/** The grid's slider, its text, its order, and the service's own drawing of it. */

import { drawGrid } from "./api.js";
import { byId, onClick, write } from "./dom.js";
import { parseCells, ranges, sorted } from "./grid.js";
import { store } from "./store.js";
import { startText } from "./text.js";

const slider = byId("size");
const order = byId("order");

export function startControls() {
  store.on("grid", render);
  store.on("shown", () => (byId("draw").disabled = !store.shown));
  slider.addEventListener("input", () => seen(() => store.resize(Number(slider.value))));
  order.addEventListener("change", () => store.setOrder(order.value));
  startText("wanted", {
    part: "grid",
    parse: (text) => parseCells(text, store.grid.size),
    text: (cells) => sorted(cells).join(),
    value: () => store.grid.cells,
    take: (cells) => seen(() => store.pick(cells)),
  });
  onClick("all-cells", () => seen(() => store.pick([])));
  onClick("draw", draw);
  onClick("close-drawing", () => byId("drawing").close());
  useDefaults();
}

/** The service's own grid and order: what a client gets that names none. */
function useDefaults() {
  const { gridSize, wantedCells = "" } = document.body.dataset;
  const size = Math.max(1, Number(gridSize));
  store.resize(size);
  store.pick(size < 2 ? [] : parseCells(wantedCells, size));
  if (store.grid.cells.size) store.setOrder("");
}

/** A change of the grid shows the cells. @param {() => void} change */
function seen(change) {
  change();
  store.look("cells");
}

function render() {
  const { size, cells } = store.grid;
  slider.value = size;
  slider.setAttribute("aria-valuetext", size < 2 ? "no grid" : `${size} by ${size}`);
  order.value = store.order;
  byId("order-field").hidden = !cells.size;
  write("size-shown", size < 2 ? "off" : `${size} × ${size}`);
  byId("all-cells").disabled = !cells.size;
  write("grid-says", summary());
}

/** What is read, in one sentence. */
function summary() {
  const { grid: { size, cells }, order } = store;
  if (size < 2) return "Only the whole picture is read.";
  const count = size * size;
  const when = document.body.dataset.gridWhen === "always"
    ? "besides the whole picture" : "where the whole picture shows no plate";
  if (!cells.size) return `All ${count} cells are read ${when}.`;
  const some = `${cells.size} of ${count} cells (${ranges(cells)})`;
  if (order === "false") return `Only ${some} are read; what lies outside is not seen.`;
  if (order) return `First ${some} are read; where they show no plate, the whole picture.`;
  return `${some} are read ${when}.`;
}

async function draw() {
  const { shown, fields } = store;
  if (!shown) return;
  const image = byId("drawing-image");
  const says = byId("drawing-says");
  image.hidden = true;
  says.textContent = "Drawing…";
  byId("drawing").showModal();
  try {
    image.src = await drawGrid(shown.file, fields);
    image.hidden = false;
    says.textContent = `${shown.file.name}. ${summary()}`;
  } catch (error) {
    says.textContent = error.message;
  }
}
