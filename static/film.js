/** The strip of pictures, where there are several, and how far the reading has come. */

import { byId, el } from "./dom.js";
import { outcome, readAgain, stop } from "./reader.js";
import { store } from "./store.js";

/** @typedef {import("./store.js").Picture} Picture */

/** @type {Map<Picture, HTMLElement>} */
const items = new Map();

export function startFilm() {
  store.on("pictures", render);
  byId("stop").addEventListener("click", stop);
  byId("read-all").addEventListener("click", () => readAgain(store.pictures));
  byId("clear").addEventListener("click", clear);
}

function clear() {
  stop();
  store.clear();
  byId("files").focus();
}

function render() {
  const { pictures } = store;
  byId("film").hidden = pictures.length < 2;
  for (const picture of items.keys()) if (!pictures.includes(picture)) forget(picture);
  pictures.forEach(renderItem);
  const finished = pictures.filter(({ state }) => state === "done" || state === "failed").length;
  renderProgress(finished, pictures.length);
}

/** @param {number} finished @param {number} count */
function renderProgress(finished, count) {
  const going = finished < count;
  byId("progress").max = Math.max(count, 1);
  byId("progress").value = finished;
  byId("progress").hidden = !going;
  byId("progress-text").textContent = going ? `Reading ${finished + 1} of ${count}` : `${count} pictures`;
  byId("stop").hidden = !going;
  byId("read-all").hidden = going;
}

/** @param {Picture} picture */
function forget(picture) {
  items.get(picture)?.remove();
  items.delete(picture);
}

/** @param {Picture} picture */
function renderItem(picture) {
  const item = items.get(picture) ?? made(picture);
  const said = outcome(picture);
  const button = /** @type {HTMLElement} */ (item.firstChild);
  const thumbnail = /** @type {HTMLImageElement} */ (button.firstChild);
  button.setAttribute("aria-current", String(picture === store.shown));
  button.setAttribute("aria-label", `${picture.file.name}: ${said}`);
  button.title = picture.file.name;
  button.dataset.state = picture.state;
  if (thumbnail.getAttribute("src") !== picture.url) thumbnail.src = picture.url;
  /** @type {HTMLElement} */ (button.lastChild).textContent = short(picture);
}

/** @param {Picture} picture */
function short(picture) {
  if (picture.state === "failed") return "not read";
  if (picture.state !== "done") return outcome(picture);
  const { predictions } = picture.answer;
  return predictions.length ? predictions.map((/** @type {any} */ { plate }) => plate).join(", ") : "no plate";
}

/** @param {Picture} picture */
function made(picture) {
  const thumbnail = el("img", { alt: "", loading: "lazy", decoding: "async" });
  const button = el("button", { type: "button", onclick: () => store.show(picture) }, thumbnail, el("span"));
  const item = el("li", {}, button);
  items.set(picture, item);
  byId("strip").append(item);
  return item;
}
