/** The picture with what lies over it: the plates that were read, or the cells to pick. */

import { byId, el, fileSize, onClick, percent, place, write } from "./dom.js";
import { spreadLabels } from "./labels.js";
import { store } from "./store.js";
import { zoomTo } from "./zoom.js";

/** @import { Picture, View } from "./store.js" */

/** @type {View[]} */
const VIEWS = ["plates", "cells", "areas"];

const frame = byId("frame");
const image = byId("picture");

export function startStage() {
  store.on("shown", render);
  store.on("view", renderView);
  image.addEventListener("load", fit);
  image.addEventListener("error", () => store.shown && store.update(store.shown, { unseen: true }));
  for (const view of VIEWS) onClick(`see-${view}`, () => store.look(view));
}

function render() {
  const picture = store.shown;
  byId("drop").hidden = picture;
  byId("work").hidden = !picture;
  if (!picture) return image.removeAttribute("src");
  if (image.getAttribute("src") !== picture.url) image.src = picture.url;
  image.alt = picture.file.name;
  image.hidden = picture.unseen;
  byId("blank").hidden = !picture.unseen;
  frame.hidden = picture.unseen && picture.state === "failed";
  frame.dataset.state = picture.state;
  write("caption", caption(picture));
  fit();
  renderBoxes(picture);
}

function renderView() {
  for (const view of VIEWS) byId(`see-${view}`).setAttribute("aria-pressed", view === store.view);
  byId("cells").hidden = store.view !== "cells";
  byId("boxes").dataset.faint = store.view !== "plates";
}

/** Gives the frame the picture's proportions, so that what lies over it fits. */
function fit() {
  const { naturalWidth: width, naturalHeight: height } = image;
  frame.style.setProperty("--ratio", width && !image.hidden ? width / height : 16 / 9);
}

function renderBoxes({ state, answer }) {
  const plates = state === "done" ? answer.predictions : [];
  byId("boxes").replaceChildren(...plates.map((plate, index) => box(plate, index, answer)));
  spreadLabels();
}

function box(plate, index, { image_width: width, image_height: height }) {
  const { x_min, y_min, x_max, y_max } = plate;
  const confidence = el("small", {}, percent(plate.confidence));
  const label = el("span", {}, `${plate.plate} `, confidence);
  const element = el("div", { class: "box", onclick: () => zoomTo(index) }, label);
  place(element, [x_min / width, y_min / height, x_max / width, y_max / height]);
  element.dataset.left = x_min + x_max > width;
  return element;
}

/** Marks one plate's box, or none. @param {number} index */
export function mark(index) {
  [...byId("boxes").children].forEach((element, at) => (element.dataset.marked = at === index));
}

function caption({ file, answer }) {
  const { image_width: width, image_height: height } = answer ?? {};
  const pixels = width ? ` · ${width} × ${height} pixels` : "";
  return `${file.name}${pixels} · ${fileSize(file.size)}`;
}
