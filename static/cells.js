/** The numbered cells over the picture, picked by click, by dragging, or by keyboard. Each is a
 * toggle button; Tab reaches one of them, the arrow keys the others. */

import { byId, el } from "./dom.js";
import { allCells, cellAt } from "./grid.js";
import { store } from "./store.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const board = byId("cells");
let current = 1;
/** A drag: whether it adds or takes away, what was chosen before, and what is now.
 * @type {{adds: boolean, before: Set<number>, cells: Set<number>}|null} */
let drag = null;

export function startCells() {
  store.on("grid", render);
  board.addEventListener("pointerdown", press);
  board.addEventListener("pointermove", drawn);
  board.addEventListener("pointerup", () => (drag = null));
  board.addEventListener("pointercancel", undo);
  board.addEventListener("keydown", key);
  board.addEventListener("click", click);
}

function render() {
  const { size, cells } = store.grid;
  if (board.children.length !== allCells(size).length) {
    current = 1;
    board.replaceChildren(...allCells(size).map((cell) => el("button", {}, cell)));
  }
  board.style.setProperty("--size", size);
  board.dataset.all = cells.size === 0;
  [...board.children].forEach((button, index) => {
    button.setAttribute("aria-pressed", cells.has(index + 1));
    button.tabIndex = index + 1 === current ? 0 : -1;
  });
}

function press(event) {
  if (event.button || store.grid.size < 2) return;
  event.preventDefault();
  const cell = under(event);
  const { cells } = store.grid;
  drag = { adds: !cells.has(cell), before: cells, cells: new Set(cells) };
  board.setPointerCapture(event.pointerId);
  drawn(event);
  focus(cell);
}

function drawn(event) {
  const cell = under(event);
  if (!drag || drag.cells.has(cell) === drag.adds) return;
  if (drag.adds) drag.cells.add(cell);
  else drag.cells.delete(cell);
  store.pick(drag.cells);
}

/** The browser took the gesture for scrolling. */
function undo() {
  if (drag) store.pick(drag.before);
  drag = null;
}

function under(event) {
  const { left, top, width, height } = board.getBoundingClientRect();
  return cellAt((event.clientX - left) / width, (event.clientY - top) / height, store.grid.size);
}

function choose(cell, wanted) {
  if (store.grid.cells.has(cell) === wanted) return;
  const others = [...store.grid.cells].filter((other) => other !== cell);
  store.pick(wanted ? [...others, cell] : others);
}

/** A click without a pointer: Space, Enter, or a screen reader. @param {any} event */
function click({ detail, target }) {
  const cell = Number(target.textContent);
  if (detail === 0 && target !== board) choose(cell, !store.grid.cells.has(cell));
}

function key(event) {
  const step = STEPS[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const { size } = store.grid;
  const column = ((current - 1) % size) + step[0];
  const row = Math.floor((current - 1) / size) + step[1];
  if (Math.min(column, row) < 0 || Math.max(column, row) >= size) return;
  const next = row * size + column + 1;
  if (event.shiftKey) [current, next].forEach((cell) => choose(cell, true));
  focus(next);
}

function focus(cell) {
  current = cell;
  render();
  board.children[cell - 1].focus({ preventScroll: true });
}
