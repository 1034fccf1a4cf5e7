/**
 * The grid's arithmetic, as the service does it: cells count row by row from 1, and each reaches
 * a tenth of itself into its neighbours.
 * @typedef {import("./api.js").Grid} Grid
 * @typedef {{x_min: number, y_min: number, x_max: number, y_max: number}} Box
 */

export const LARGEST = 10;
const OVERLAP = 0.1;
const MIN_CELL = 32;

/** @param {Iterable<number>} cells */
export const sorted = (cells) => [...cells].sort((a, b) => a - b);

/**
 * The cells that a text such as `1,2,3` names.
 * @param {string} text @param {number} size
 * @returns {Set<number>}
 * @throws {Error} in words, where the text names none
 */
export function parseCells(text, size) {
  const chosen = new Set();
  for (const item of text.split(",").map((part) => part.trim()).filter(Boolean)) {
    const number = /^[0-9]{1,4}$/.test(item) ? Number(item) : 0;
    if (number < 1 || number > size * size) throw new Error(wrong(item, size));
    chosen.add(number);
  }
  return chosen.size === size * size ? new Set() : chosen;
}

/** @param {string} item @param {number} size */
function wrong(item, size) {
  const shown = item.length > 20 ? `${item.slice(0, 20)}…` : item;
  if (size < 2) return "There is no grid to take cells from; move the slider first.";
  return `“${shown}” is not a cell; they are numbered 1 to ${size * size}, with commas between.`;
}

/** Numbers for people: `1–4, 7`. @param {number[]} numbers */
export function ranges(numbers) {
  /** @type {[number, number][]} */
  const runs = [];
  for (const number of sorted(numbers)) {
    const last = runs.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? from : `${from}–${to}`)).join(", ");
}

/**
 * The same places in a grid of another size: a cell is chosen where either one's middle lies in
 * the other.
 * @param {Grid} grid @param {number} size
 * @returns {Set<number>}
 */
export function carriedOver(grid, size) {
  const cells = new Set();
  if (size < 2 || grid.size < 2) return cells;
  for (let cell = 1; cell <= size * size; cell += 1) {
    if (grid.cells.has(cellAt(...middle(cell, size), grid.size))) cells.add(cell);
  }
  for (const cell of grid.cells) cells.add(cellAt(...middle(cell, grid.size), size));
  return cells.size === size * size ? new Set() : cells;
}

/**
 * The cell at a point of the picture, both fractions of it.
 * @param {number} x @param {number} y @param {number} size
 */
export function cellAt(x, y, size) {
  const index = (/** @type {number} */ part) => Math.min(size - 1, Math.max(0, Math.floor(part * size)));
  return index(y) * size + index(x) + 1;
}

/** @param {number} cell @param {number} size @returns {[number, number]} */
const middle = (cell, size) => [
  (((cell - 1) % size) + 0.5) / size,
  (Math.floor((cell - 1) / size) + 0.5) / size,
];

/**
 * A cell with its overlap, in pixels.
 * @param {number} cell @param {number} size @param {number} width @param {number} height
 * @returns {Box}
 */
export function cellBox(cell, size, width, height) {
  const [left, right] = reach((cell - 1) % size, size, width);
  const [top, bottom] = reach(Math.floor((cell - 1) / size), size, height);
  return { x_min: left, y_min: top, x_max: right, y_max: bottom };
}

/** @param {number} index @param {number} count @param {number} length */
function reach(index, count, length) {
  const start = (index * length) / count;
  const end = ((index + 1) * length) / count;
  const margin = Math.max((end - start) * OVERLAP, (MIN_CELL - (end - start)) / 2);
  return [Math.max(Math.floor(start - margin), 0), Math.min(Math.ceil(end + margin), length)];
}

/**
 * The cells that show a plate whole, or, where it fits into none, those that it touches.
 * @param {Box} box @param {number} size @param {number} width @param {number} height
 */
export function cellsAround(box, size, width, height) {
  const all = Array.from({ length: size * size }, (_, index) => index + 1);
  const within = all.filter((cell) => holds(cellBox(cell, size, width, height), box));
  return within.length ? within : all.filter((cell) => meets(cellBox(cell, size, width, height), box));
}

/** @param {Box} outer @param {Box} inner */
const holds = (outer, inner) =>
  outer.x_min <= inner.x_min && outer.y_min <= inner.y_min &&
  outer.x_max >= inner.x_max && outer.y_max >= inner.y_max;

/** @param {Box} one @param {Box} other */
const meets = (one, other) =>
  one.x_min < other.x_max && other.x_min < one.x_max &&
  one.y_min < other.y_max && other.y_min < one.y_max;
