/** The areas to ignore, crossed out over the picture. A mouse or a finger draws and moves them; the
 * button that removes an area takes the keys that move and size it. */

import { areaBetween, formatAreas, moved, parseAreas, sized } from "./area.js";
import { byId, el, onClick, place, say } from "./dom.js";
import { store } from "./store.js";
import { startText } from "./text.js";

const STEPS = {
  ArrowLeft: [-0.01, 0],
  ArrowRight: [0.01, 0],
  ArrowUp: [0, -0.01],
  ArrowDown: [0, 0.01],
};
const NEW_AREA = [0.35, 0.4, 0.65, 0.6];

const board = byId("areas");
/** What is drawn, or which area is moved (from 0 on), and what there was before.
 * @type {{from: number[], moves: number, before: number[][]}|null} */
let drag = null;

export function startAreas() {
  store.on("areas", render);
  store.on("view", () => (board.inert = store.view !== "areas"));
  board.addEventListener("pointerdown", press);
  board.addEventListener("pointermove", drawn);
  board.addEventListener("pointerup", () => (drag = null));
  board.addEventListener("pointercancel", undo);
  board.addEventListener("keydown", key);
  board.addEventListener("click", ({ target }) => target.matches("button") && remove(at(target)));
  onClick("no-areas", () => store.ignore([]));
  onClick("add-area", add);
  startText("ignored", {
    part: "areas",
    parse: parseAreas,
    text: formatAreas,
    value: () => store.areas,
    take: seen,
  });
  store.ignore(parseAreas(document.body.dataset.ignoreAreas ?? ""));
}

function render() {
  const { areas } = store;
  byId("no-areas").disabled = !areas.length;
  while (board.children.length > areas.length) board.lastChild.remove();
  while (board.children.length < areas.length) board.append(made());
  areas.forEach((area, index) => {
    place(board.children[index], area);
    const button = board.children[index].firstChild;
    button.setAttribute("aria-label", name(index));
    // In the corner next to the picture's own, so that it lies on the picture.
    button.className = `${area[1] < 0.5 ? "top" : "bottom"} ${area[2] > 0.5 ? "right" : "left"}`;
  });
}

const made = () => el("div", { class: "area" }, el("button", {}, "×"));

function name(index) {
  const [left, top, right, bottom] = store.areas[index].map((part) => +(100 * part).toFixed(1));
  return `Remove area ${index + 1}: ${left} to ${right} % across, ${top} to ${bottom} % down`;
}

/** Which area an element belongs to; -1 is none. @param {any} element */
const at = (element) => [...board.children].indexOf(element.closest(".area"));

function seen(areas) {
  store.ignore(areas);
  store.look("areas");
}

function add() {
  seen([...store.areas, NEW_AREA]);
  board.lastChild.firstChild.focus();
}

function remove(index) {
  store.ignore(store.areas.filter((_, other) => other !== index));
  const next = board.children[Math.min(index, board.children.length - 1)];
  (next?.firstChild ?? byId("see-areas")).focus();
}

function press(event) {
  if (event.button || event.target.matches("button")) return;
  event.preventDefault();
  drag = { from: point(event), moves: at(event.target), before: store.areas };
  board.setPointerCapture(event.pointerId);
}

function drawn(event) {
  if (!drag) return;
  const { from, moves, before } = drag;
  const here = point(event);
  if (moves >= 0) {
    store.ignore(before.with(moves, moved(before[moves], here[0] - from[0], here[1] - from[1])));
    return;
  }
  const area = areaBetween(from, here);
  store.ignore(area ? [...before, area] : before);
}

/** The browser took the gesture for its own. */
function undo() {
  if (drag) store.ignore(drag.before);
  drag = null;
}

/** In fractions of the picture. @param {PointerEvent} event */
function point(event) {
  const { left, top, width, height } = board.getBoundingClientRect();
  return [(event.clientX - left) / width, (event.clientY - top) / height];
}

function key(event) {
  const index = at(event.target);
  if (/Delete|Backspace/.test(event.key)) return remove(index);
  const step = STEPS[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const change = event.shiftKey ? sized : moved;
  store.ignore(store.areas.with(index, change(store.areas[index], step[0], step[1])));
  say(name(index));
}
