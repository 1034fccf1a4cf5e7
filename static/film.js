/** The strip of pictures, where there are several, and how far the reading has come. */

import { byId, el, onClick, write } from "./dom.js";
import { outcome, readAgain, stop } from "./reader.js";
import { store } from "./store.js";

/** @import { Picture } from "./store.js" */

/** @type {Map<Picture, {item: any, button: any, thumbnail: any, label: any}>} */
const items = new Map();

export function startFilm() {
  store.on("pictures", render);
  onClick("stop", stop);
  onClick("read-all", () => readAgain(store.pictures));
}

function render() {
  const { pictures } = store;
  byId("film").hidden = pictures.length < 2;
  for (const [picture, { item }] of items) {
    if (pictures.includes(picture)) continue;
    item.remove();
    items.delete(picture);
  }
  pictures.forEach(renderItem);
  const finished = pictures.filter(({ state }) => state === "done" || state === "failed").length;
  renderProgress(finished, pictures.length);
}

function renderProgress(finished, count) {
  const going = finished < count;
  byId("progress").max = Math.max(count, 1);
  byId("progress").value = finished;
  byId("progress").hidden = byId("stop").hidden = !going;
  byId("read-all").hidden = going;
  const text = going ? `Reading ${finished + 1} of ${count}` : `${count} pictures`;
  write("progress-text", text);
}

function renderItem(picture) {
  const { button, thumbnail, label } = items.get(picture) ?? made(picture);
  button.setAttribute("aria-current", picture === store.shown);
  button.dataset.state = picture.state;
  if (thumbnail.getAttribute("src") !== picture.url) thumbnail.src = picture.url;
  label.textContent = outcome(picture);
}

/** A name in place of a picture that the browser cannot show. @param {Event} event */
function unseen({ target }) {
  target.replaceWith(el("span", { class: "noimage" }, target.alt));
}

function made(picture) {
  const { name } = picture.file;
  const thumbnail = el("img", { alt: name, loading: "lazy", decoding: "async", onerror: unseen });
  const label = el("span");
  const show = () => store.show(picture);
  const button = el("button", { title: name, onclick: show }, thumbnail, label);
  const entry = { item: el("li", {}, button), button, thumbnail, label };
  items.set(picture, entry);
  byId("strip").append(entry.item);
  return entry;
}
