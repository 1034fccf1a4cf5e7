/** Reads the waiting pictures, one after the other. */

import { ServiceError, readPlates } from "./api.js";
import { counted, say } from "./dom.js";
import { store } from "./store.js";

/** @typedef {import("./store.js").Picture} Picture */

let busy = false;
let abort = new AbortController();

/** @param {File[]} files */
export function readFiles(files) {
  if (!files.length) return;
  store.add(files);
  void run();
}

/** @param {Picture[]} pictures */
export function readAgain(pictures) {
  for (const picture of pictures) {
    if (picture.state !== "reading") store.update(picture, { state: "waiting" });
  }
  void run();
}

/** Leaves the pictures that are not read yet as they are. */
export function stop() {
  for (const picture of store.pictures) {
    if (picture.state === "waiting") {
      store.update(picture, { state: "failed", error: "Stopped before it was read." });
    }
  }
  abort.abort();
}

async function run() {
  if (busy) return;
  busy = true;
  try {
    let picture;
    while ((picture = store.pictures.find(({ state }) => state === "waiting"))) await read(picture);
  } finally {
    busy = false;
  }
}

/** @param {Picture} picture */
async function read(picture) {
  abort = new AbortController();
  const grid = store.grid;
  store.update(picture, { state: "reading", error: "", grid });
  try {
    const { body, roundTrip } = await readPlates(picture.file, grid, abort.signal);
    store.update(picture, { state: "done", answer: body, roundTrip });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    store.update(picture, { state: "failed", answer: error.body, error: error.message });
  }
  say(`${picture.file.name}: ${outcome(picture)}`);
  document.dispatchEvent(new Event("answered"));
}

/** What came of a picture, in a few words. @param {Picture} picture */
export function outcome(picture) {
  if (picture.state === "failed") return picture.error;
  if (picture.state !== "done") return picture.state === "reading" ? "reading…" : "waiting";
  const texts = picture.answer.predictions.map((/** @type {any} */ plate) => plate.plate);
  return texts.length ? `${counted(texts.length, "plate")}, ${texts.join(", ")}` : "no plate found";
}
