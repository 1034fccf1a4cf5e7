/** The picture with what lies over it: the plates that were read, or the cells to pick. */

import { ServiceError, drawGrid } from "./api.js";
import { byId, el, fileSize, percent } from "./dom.js";
import { store } from "./store.js";

/** @typedef {import("./store.js").Picture} Picture */

const frame = byId("frame");
const image = byId("picture");
const NO_GRID = { size: 1, cells: new Set() };
/** Pictures whose drawing was asked for, because this browser cannot show them. */
const asked = new WeakSet();

export function startStage() {
  store.on("shown", render);
  store.on("view", renderView);
  image.addEventListener("load", fit);
  image.addEventListener("error", () => notShown(store.shown));
  byId("see-plates").addEventListener("click", () => store.look("plates"));
  byId("see-cells").addEventListener("click", () => store.look("cells"));
}

function render() {
  const picture = store.shown;
  byId("drop").hidden = picture !== null;
  byId("work").hidden = picture === null;
  if (!picture) return image.removeAttribute("src");
  if (image.getAttribute("src") !== picture.url) image.src = picture.url;
  image.alt = picture.file.name;
  frame.dataset.state = picture.state;
  fit();
  renderBlank(picture);
  renderBoxes(picture);
  byId("caption").textContent = caption(picture);
  if (picture.unseen) notShown(picture);
}

function renderView() {
  const cells = store.view === "cells";
  byId("see-plates").setAttribute("aria-pressed", String(!cells));
  byId("see-cells").setAttribute("aria-pressed", String(cells));
  byId("cells").hidden = !cells;
  byId("boxes").dataset.faint = String(cells);
}

/** Gives the frame the picture's proportions, so that what lies over it fits. */
function fit() {
  const { naturalWidth, naturalHeight } = image;
  const known = naturalWidth > 0 && store.shown && !store.shown.unseen;
  frame.style.setProperty("--ratio", String(known ? naturalWidth / naturalHeight : 16 / 9));
}

/** @param {Picture} picture */
function renderBlank(picture) {
  const pending = picture.state === "reading" || picture.state === "waiting";
  byId("blank").hidden = !picture.unseen;
  image.hidden = picture.unseen;
  byId("blank").textContent = pending ? "" : "This file cannot be shown as a picture.";
}

/** What this browser cannot show (TIFF, say), the service may: its drawing without a grid.
 * @param {Picture|null} picture */
async function notShown(picture) {
  if (!picture) return;
  if (!picture.unseen) store.update(picture, { unseen: true });
  if (picture.state !== "done" || asked.has(picture)) return;
  asked.add(picture);
  try {
    store.update(picture, { url: await drawGrid(picture.file, NO_GRID), unseen: false });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
  }
}

/** @param {Picture} picture */
function renderBoxes(picture) {
  const { predictions, image_width: width, image_height: height } = picture.answer ?? {};
  const read = picture.state === "done" && width > 0;
  byId("boxes").replaceChildren(
    ...(read ? predictions.map((/** @type {any} */ plate) => box(plate, width, height)) : []),
  );
}

/** @param {any} plate @param {number} width @param {number} height */
function box(plate, width, height) {
  const element = el("div", { class: "box" }, el("span", {}, plate.plate, " ", el("small", {}, percent(plate.confidence))));
  const { x_min, y_min, x_max, y_max } = plate;
  element.style.left = `${(100 * x_min) / width}%`;
  element.style.top = `${(100 * y_min) / height}%`;
  element.style.width = `${(100 * (x_max - x_min)) / width}%`;
  element.style.height = `${(100 * (y_max - y_min)) / height}%`;
  element.dataset.below = String(y_min < height * 0.12);
  element.dataset.left = String((x_min + x_max) / 2 > width / 2);
  return element;
}

/** Marks one plate's box, or none. @param {number} index */
export function mark(index) {
  [...byId("boxes").children].forEach((element, at) => (element.dataset.marked = String(at === index)));
}

/** @param {Picture} picture */
function caption(picture) {
  const { image_width: width, image_height: height } = picture.answer ?? {};
  const pixels = width ? `${width} × ${height} pixels` : "";
  return [picture.file.name, pixels, fileSize(picture.file.size)].filter(Boolean).join(" · ");
}
