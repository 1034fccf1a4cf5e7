/** Reads the waiting pictures, one after the other. */

import { ServiceError, readPlates } from "./api.js";
import { say } from "./dom.js";
import { store } from "./store.js";

/** @import { Picture } from "./store.js" */

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

/** Gives up what is not read yet. */
export function stop() {
  for (const picture of store.pictures) {
    if (picture.state === "waiting") fail(picture, "Stopped before it was read.");
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

async function read(picture) {
  abort = new AbortController();
  const { fields } = store;
  store.update(picture, { state: "reading", error: "" });
  try {
    const { body, roundTrip } = await readPlates(picture.file, fields, abort.signal);
    store.update(picture, { state: "done", answer: body, fields, roundTrip });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    fail(picture, error.message, error.body);
  }
  say(`${picture.file.name}: ${picture.error || outcome(picture)}`);
  document.dispatchEvent(new Event("answered"));
}

/** What was read before is kept. @param {Picture} picture @param {string} error
 * @param {any} [answer] */
function fail(picture, error, answer = null) {
  if (picture.answer?.success) store.update(picture, { state: "done", error });
  else store.update(picture, { state: "failed", error, answer });
}

/** What came of a picture, in a few words. @param {Picture} picture */
export function outcome({ state, answer }) {
  if (state === "failed") return "not read";
  if (state !== "done") return `${state}…`;
  return answer.predictions.map(({ plate }) => plate).join(", ") || "no plate";
}
