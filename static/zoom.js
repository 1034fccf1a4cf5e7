/** A close look at one plate: everything in the frame is enlarged around it. */

import { byId, onClick, place } from "./dom.js";
import { store } from "./store.js";

/** How much of the frame's width and height an enlarged plate takes at most. */
const SHARES = [0.4, 0.3];
const MAX_ZOOM = 40;

const frame = byId("frame");
/** The plate that is looked at, from 0 on; -1 is none. */
let index = -1;

export function startZoom() {
  store.on("shown", wholePicture);
  store.on("view", wholePicture);
  onClick("whole-picture", wholePicture);
}

function wholePicture() {
  index = -1;
  show([0, 0, 1, 1]);
}

/** The second time it goes back to the whole picture. @param {number} plate from 0 on */
export function zoomTo(plate) {
  const { answer } = store.shown ?? {};
  if (!answer || plate === index) return wholePicture();
  if (store.view !== "plates") store.look("plates");
  index = plate;
  const { x_min, y_min, x_max, y_max } = answer.predictions[plate];
  const { image_width: width, image_height: height } = answer;
  const fits = [SHARES[0] * width / (x_max - x_min), SHARES[1] * height / (y_max - y_min)];
  const zoom = Math.max(1, Math.min(MAX_ZOOM, ...fits));
  const middle = [(x_min + x_max) / 2 / width, (y_min + y_max) / 2 / height];
  const [left, top] = middle.map((at) => Math.min(0, Math.max(1 - zoom, 0.5 - at * zoom)));
  show([left, top, left + zoom, top + zoom]);
  frame.scrollIntoView({ block: "nearest" });
}

/** @param {number[]} area of all layers, in fractions of the frame */
function show(area) {
  place(byId("layers"), area);
  frame.dataset.zoomed = index >= 0;
  byId("whole-picture").hidden = index < 0;
  document.dispatchEvent(new Event("zoomed"));
}
