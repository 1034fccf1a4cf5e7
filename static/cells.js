/**
 * The numbered cells over the picture: picked by click, by dragging over them, or by keyboard.
 * Every cell is a toggle button, and one of them at a time can be reached with Tab.
 */

import { byId, el } from "./dom.js";
import { cellAt } from "./grid.js";
import { store } from "./store.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @type {HTMLElement} */
const board = byId("cells");
let current = 1;
/** A drag: whether it adds or takes away, and what was chosen before.
 * @type {{adds: boolean, before: Set<number>}|null} */
let drag = null;

export function startCells() {
  store.on("grid", render);
  board.addEventListener("pointerdown", press);
  board.addEventListener("pointermove", (event) => drag && paint(under(event)));
  board.addEventListener("pointerup", () => (drag = null));
  board.addEventListener("pointercancel", undo);
  board.addEventListener("keydown", key);
  board.addEventListener("click", click);
  render();
}

function render() {
  const { size, cells } = store.grid;
  const count = size < 2 ? 0 : size * size;
  if (board.children.length !== count) build(count);
  board.style.setProperty("--size", String(size));
  board.dataset.all = String(cells.size === 0);
  for (const button of board.children) {
    const cell = Number(button.textContent);
    button.setAttribute("aria-pressed", String(cells.has(cell)));
    button.setAttribute("tabindex", cell === current ? "0" : "-1");
  }
}

/** @param {number} count */
function build(count) {
  current = Math.min(current, Math.max(count, 1));
  const cells = Array.from({ length: count }, (_, index) => index + 1);
  board.replaceChildren(...cells.map((cell) => el("button", { type: "button" }, cell)));
}

/** @param {PointerEvent} event */
function press(event) {
  if (event.button !== 0) return;
  const cell = under(event);
  drag = { adds: !store.grid.cells.has(cell), before: store.grid.cells };
  board.setPointerCapture(event.pointerId);
  paint(cell);
  focus(cell);
  event.preventDefault();
}

/** The browser took the gesture for scrolling. */
function undo() {
  if (drag) store.pick(drag.before);
  drag = null;
}

/** @param {PointerEvent} event */
function under(event) {
  const { left, top, width, height } = board.getBoundingClientRect();
  const { size } = store.grid;
  return cellAt((event.clientX - left) / width, (event.clientY - top) / height, size);
}

/** @param {number} cell */
function paint(cell) {
  if (drag) choose(cell, drag.adds);
}

/** @param {number} cell @param {boolean} wanted */
function choose(cell, wanted) {
  if (store.grid.cells.has(cell) === wanted) return;
  const cells = new Set(store.grid.cells);
  if (wanted) cells.add(cell);
  else cells.delete(cell);
  store.pick(cells);
}

/** A click with no pointer: Space, Enter, or a screen reader. @param {MouseEvent} event */
function click(event) {
  const cell = Number(/** @type {Element} */ (event.target).textContent);
  if (event.detail === 0 && event.target !== board) choose(cell, !store.grid.cells.has(cell));
}

/** @param {KeyboardEvent} event */
function key(event) {
  const step = STEPS[/** @type {keyof typeof STEPS} */ (event.key)];
  if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const { size } = store.grid;
  const column = (current - 1) % size + step[0];
  const row = Math.floor((current - 1) / size) + step[1];
  if (column < 0 || row < 0 || column >= size || row >= size) return;
  const next = row * size + column + 1;
  if (event.shiftKey) [current, next].forEach((cell) => choose(cell, true));
  focus(next);
}

/** @param {number} cell */
function focus(cell) {
  current = cell;
  render();
  /** @type {HTMLElement} */ (board.children[cell - 1]).focus({ preventScroll: true });
}
