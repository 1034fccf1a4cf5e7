/** Keeps the labels off the boxes, apart, and in the frame: each lies above or below its box. */

import { byId } from "./dom.js";

const ROWS = 6;

const boxes = byId("boxes");
const frame = byId("frame");

export function startLabels() {
  new ResizeObserver(spreadLabels).observe(frame);
  document.addEventListener("zoomed", spreadLabels);
}

export function spreadLabels() {
  const taken = [...boxes.children].map((box) => box.getBoundingClientRect());
  for (const box of boxes.children) taken.push(settle(box, taken));
}

/** Puts a box's label where none is yet. @param {any} box @param {DOMRect[]} taken */
function settle(box, taken) {
  const label = box.firstChild;
  const within = frame.getBoundingClientRect();
  for (let row = 0; row < ROWS; row += 1) {
    for (const below of [false, true]) {
      box.dataset.below = below;
      label.style.setProperty("--row", row);
      const place = label.getBoundingClientRect();
      const seen = place.top >= within.top && place.bottom <= within.bottom;
      if (seen && !taken.some((other) => overlap(place, other))) return place;
    }
  }
  box.dataset.below = false;
  return label.getBoundingClientRect();
}

const overlap = (one, other) =>
  one.left < other.right && other.left < one.right &&
  one.top < other.bottom && other.top < one.bottom;
