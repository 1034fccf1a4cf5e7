/**
 * The grid's arithmetic, as the service does it: cells count row by row from 1, and each reaches
 * a tenth of itself into its neighbours.
 * @import { Grid } from "./fields.js"
 */

const OVERLAP = 0.1;
const MIN_CELL = 32;

/** @param {Iterable<number>} cells */
export const sorted = (cells) => [...cells].sort((a, b) => a - b);

/** Size 1 is no grid. @param {number} size */
export const allCells = (size) =>
  size < 2 ? [] : Array.from({ length: size * size }, (_, index) => index + 1);

/** All cells are no choice. @param {Iterable<number>} cells @param {number} size */
export function chosen(cells, size) {
  const set = new Set(cells);
  return set.size === size * size ? new Set() : set;
}

/**
 * The cells that a text such as `1,2,3` names; throws in words where it names none.
 * @param {string} text @param {number} size @returns {Set<number>}
 */
export function parseCells(text, size) {
  const items = text.split(",").map((item) => item.trim()).filter(Boolean);
  const count = allCells(size).length;
  const wrong = items.find((item) => !/^[0-9]{1,4}$/.test(item) || +item < 1 || +item > count);
  if (wrong === undefined) return chosen(items.map(Number), size);
  if (!count) throw new Error("There is no grid to take cells from; move the slider first.");
  const rule = `they are numbers from 1 to ${count}, with commas between`;
  throw new Error(`“${wrong.slice(0, 20)}” is no cell: ${rule}.`);
}

/** Numbers for people: `1–4, 7`. @param {Iterable<number>} numbers */
export function ranges(numbers) {
  const runs = [];
  for (const number of sorted(numbers)) {
    const last = runs.at(-1);
    if (last?.at(-1) === number - 1) last.push(number);
    else runs.push([number]);
  }
  return runs.map((run) => (run.length > 1 ? `${run[0]}–${run.at(-1)}` : run[0])).join(", ");
}

/** The cell at a point, in fractions of the picture.
 * @param {number} x @param {number} y @param {number} size */
export function cellAt(x, y, size) {
  const [column, row] = [x, y].map((at) => Math.min(size - 1, Math.max(0, Math.floor(at * size))));
  return row * size + column + 1;
}

/** The same places in a grid of another size: a cell is chosen where either one's middle lies in
 * the other. @param {Grid} grid @param {number} size */
export function carriedOver(grid, size) {
  const finer = allCells(size).filter((cell) => grid.cells.has(facing(cell, size, grid.size)));
  return chosen([...finer, ...[...grid.cells].map((cell) => facing(cell, grid.size, size))], size);
}

/** The cell of another grid in which this one's middle lies.
 * @param {number} cell @param {number} size @param {number} other */
const facing = (cell, size, other) =>
  cellAt((((cell - 1) % size) + 0.5) / size, (Math.floor((cell - 1) / size) + 0.5) / size, other);

/** A cell with its overlap, in pixels.
 * @param {number} cell @param {number} size @param {number} width @param {number} height */
export function cellBox(cell, size, width, height) {
  const [x_min, x_max] = reach((cell - 1) % size, size, width);
  const [y_min, y_max] = reach(Math.floor((cell - 1) / size), size, height);
  return { x_min, y_min, x_max, y_max };
}

function reach(index, count, length) {
  const start = (index * length) / count;
  const end = ((index + 1) * length) / count;
  const margin = Math.max((end - start) * OVERLAP, (MIN_CELL - (end - start)) / 2);
  return [Math.max(Math.floor(start - margin), 0), Math.min(Math.ceil(end + margin), length)];
}

/**
 * The cells that show a plate whole or, where it fits into none, those that it touches.
 * @param {any} plate @param {number} size @param {number} width @param {number} height
 */
export function cellsAround(plate, size, width, height) {
  const { x_min, y_min, x_max, y_max } = plate;
  const boxes = allCells(size).map((cell) => ({ cell, ...cellBox(cell, size, width, height) }));
  const whole = boxes.filter(
    (box) => box.x_min <= x_min && box.y_min <= y_min && box.x_max >= x_max && box.y_max >= y_max);
  const touched = boxes.filter(
    (box) => box.x_min < x_max && box.y_min < y_max && box.x_max > x_min && box.y_max > y_min);
  return (whole.length ? whole : touched).map(({ cell }) => cell);
}
