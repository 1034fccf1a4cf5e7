/** This visit's readings as a table: sorted, filtered, and as a file for a spreadsheet. */

import { toCsv } from "./csv.js";
import { byId, el, onClick, percent } from "./dom.js";
import { openers } from "./intake.js";
import { outcome, stop } from "./reader.js";
import { store } from "./store.js";

/** @import { Picture } from "./store.js" */

/** What a column is sorted by. @type {Record<string, (picture: Picture) => any>} */
const KEYS = {
  picture: ({ file }) => file.name,
  plates: (picture) => outcome(picture),
  confidence: (picture) => Math.max(-1, ...plates(picture).map(({ confidence }) => confidence)),
  region: (picture) => regions(picture),
  ms: ({ answer, state }) => (state === "done" ? answer.processMs : -1),
};

const body = byId("rows");
const filter = byId("only-none");
/** @type {{column: string, down: boolean}|null} */
let sort = null;
/** @type {Map<Picture, any>} */
const rows = new Map();

export function startReadings() {
  store.on("pictures", render);
  filter.addEventListener("change", render);
  for (const button of heads()) button.addEventListener("click", () => sortBy(button.dataset.sort));
  onClick("download", download);
  onClick("clear", clear);
}

const heads = () => [...document.querySelectorAll("[data-sort]")];

const plates = ({ state, answer }) => (state === "done" ? answer.predictions : []);

/** Where a plate is from, as far as the engine knows. @param {any} plate */
const regionOf = ({ region, country }) => (region ?? [country].flat()[0])?.code ?? "";

const regions = (picture) => plates(picture).map(regionOf).filter(Boolean).join(", ");

function clear() {
  stop();
  store.clear();
  openers()[0].focus();
}

/** Upwards, then downwards, then as they came. @param {string} column */
function sortBy(column) {
  if (sort?.column !== column) sort = { column, down: false };
  else sort = sort.down ? null : { column, down: true };
  for (const button of heads()) {
    const here = button.dataset.sort === sort?.column;
    button.parentElement.setAttribute("aria-sort", here ? direction() : "none");
  }
  render();
}

const direction = () => (sort?.down ? "descending" : "ascending");

/** The pictures that the table shows, in its order. */
function listed() {
  const { pictures } = store;
  const some = pictures.filter((one) => !filter.checked || outcome(one) === "no plate");
  if (!sort) return some;
  const key = KEYS[sort.column];
  const sign = sort.down ? -1 : 1;
  return some.sort((one, other) => sign * compare(key(one), key(other)));
}

const compare = (one, other) =>
  typeof one === "number" ? one - other : one.localeCompare(other, undefined, { numeric: true });

function render() {
  byId("readings").hidden = !store.pictures.length;
  byId("readings").dataset.regions = store.pictures.some(regions);
  for (const picture of rows.keys()) if (!store.pictures.includes(picture)) rows.delete(picture);
  const wanted = listed().map(row);
  byId("no-rows").hidden = wanted.length > 0;
  // Moving a row would take the focus from its button.
  const same = wanted.length === body.children.length &&
    wanted.every((one, index) => one === body.children[index]);
  if (!same) body.replaceChildren(...wanted);
}

function row(picture) {
  const entry = rows.get(picture) ?? made(picture);
  entry.setAttribute("aria-current", picture === store.shown);
  const confidences = plates(picture).map(({ confidence }) => percent(confidence)).join(", ");
  const ms = picture.state === "done" ? picture.answer.processMs : "";
  [outcome(picture), confidences, regions(picture), ms].forEach((text, at) => {
    entry.children[at + 1].textContent = text;
  });
  return entry;
}

function made(picture) {
  const { name } = picture.file;
  const button = el("button", { onclick: () => store.show(picture) }, name);
  const head = el("th", { scope: "row" }, button);
  const entry = el("tr", {}, head, el("td"), el("td"), el("td", { class: "region" }), el("td"));
  rows.set(picture, entry);
  return entry;
}

/** One line a plate; a picture without one has a line, too. */
function download() {
  const lines = listed().flatMap((picture) => {
    const { file, answer, error, state } = picture;
    const ms = state === "done" ? answer.processMs : "";
    const found = plates(picture).length ? plates(picture) : [{ plate: "", confidence: "" }];
    return found.map((one) =>
      [file.name, one.plate, one.confidence, regionOf(one), ms, error]);
  });
  const text = toCsv([["picture", "plate", "confidence", "region", "ms", "error"], ...lines]);
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  el("a", { href: url, download: "readings.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
