/** Engine, readiness, calls, restarts and version: asked at the start, after each reading, and
 * every ten seconds while the page is looked at. */

import { engineStatus } from "./api.js";
import { byId, write } from "./dom.js";

const EVERY_MS = 10_000;

export function startHeader() {
  void ask();
  const askIfSeen = () => document.visibilityState === "visible" && ask();
  setInterval(askIfSeen, EVERY_MS);
  document.addEventListener("visibilitychange", askIfSeen);
  document.addEventListener("answered", ask);
}

async function ask() {
  try {
    show(await engineStatus());
    document.dispatchEvent(new Event("asked"));
  } catch (error) {
    state("down", "not reachable", error.message);
  }
}

function show({ engine, device, ready, lastError, ...figures }) {
  write("engine", [engine, device].filter(Boolean).join(" · "));
  for (const name of ["calls", "restarts", "version"]) byId(name).textContent = figures[name];
  if (ready) state("ready", "ready", "");
  else state("starting", "not ready", lastError ? `The engine is not ready: ${lastError}` : "");
}

function state(name, word, trouble) {
  byId("state").dataset.state = name;
  write("ready", word);
  if (byId("trouble").textContent !== trouble) byId("trouble").textContent = trouble;
  byId("trouble").hidden = !trouble;
}
