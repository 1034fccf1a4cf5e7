/** Engine, readiness, calls, restarts and version: asked at the start, after each reading, and
 * every ten seconds while the page is looked at. */

import { ServiceError, engineStatus } from "./api.js";
import { byId } from "./dom.js";

const EVERY_MS = 10_000;

export function startHeader() {
  void ask();
  setInterval(() => document.visibilityState === "visible" && ask(), EVERY_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());
  document.addEventListener("answered", ask);
}

async function ask() {
  try {
    show(await engineStatus());
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    state("down", "not reachable", error.message);
  }
}

/** @param {any} status */
function show(status) {
  byId("engine").textContent = [status.engine, status.device].filter(Boolean).join(" · ");
  byId("calls").textContent = status.calls;
  byId("restarts").textContent = status.restarts;
  byId("version").textContent = status.version;
  if (status.ready) state("ready", "ready", "");
  else state("starting", "not ready", status.lastError ? `The engine is not ready: ${status.lastError}` : "");
}

/** @param {string} name @param {string} word @param {string} trouble */
function state(name, word, trouble) {
  byId("state").dataset.state = name;
  byId("ready").textContent = word;
  if (byId("trouble").textContent !== trouble) byId("trouble").textContent = trouble;
  byId("trouble").hidden = !trouble;
}
