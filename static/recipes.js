/** The same request for other programs, kept up to date, to copy. */

import { addressOf, fieldsOf } from "./api.js";
import { byId, copies, el } from "./dom.js";
import { store } from "./store.js";

/** @typedef {{text: string, note: string}} Recipe */

/** @type {Record<string, () => Recipe>} */
const RECIPES = {
  curl,
  Python: python,
  "Home Assistant": homeAssistant,
  Frigate: frigate,
  "Blue Iris": blueIris,
};

let chosen = "curl";

export function startRecipes() {
  const tabs = Object.keys(RECIPES).map((name) =>
    el("button", { type: "button", role: "tab", "aria-controls": "recipe", onclick: () => choose(name) }, name));
  byId("tabs").replaceChildren(...tabs);
  byId("tabs").addEventListener("keydown", key);
  store.on("grid", render);
  store.on("shown", render);
  copies(byId("copy"), () => byId("recipe-text").textContent ?? "");
  choose(chosen);
}

/** @param {string} name */
function choose(name) {
  chosen = name;
  for (const tab of byId("tabs").children) {
    const here = tab.textContent === name;
    tab.setAttribute("aria-selected", String(here));
    tab.tabIndex = here ? 0 : -1;
    if (here) byId("recipe").setAttribute("aria-label", name);
  }
  render();
}

/** @param {KeyboardEvent} event */
function key(event) {
  const names = Object.keys(RECIPES);
  const steps = { ArrowLeft: -1, ArrowRight: 1 };
  const step = steps[/** @type {keyof typeof steps} */ (event.key)];
  if (!step) return;
  event.preventDefault();
  const next = (names.indexOf(chosen) + step + names.length) % names.length;
  choose(names[next]);
  /** @type {HTMLElement} */ (byId("tabs").children[next]).focus();
}

function render() {
  const { text, note } = RECIPES[chosen]();
  byId("recipe-text").textContent = text;
  byId("recipe-note").textContent = note;
}

/** The shown file's name where no shell could take it for anything else. */
function fileName() {
  const name = store.shown?.file.name ?? "";
  return /^\w[\w .-]*$/.test(name) ? name : "car.jpg";
}

/** The grid as a query, for programs that take nothing but an address. @param {string} path */
const withGrid = (path) =>
  `${addressOf(path)}?${Object.entries(fieldsOf(store.grid)).map((pair) => pair.join("=")).join("&")}`;

/** @returns {Recipe} */
function curl() {
  const fields = Object.entries(fieldsOf(store.grid)).map(([name, value]) => ` -F "${name}=${value}"`);
  const text = `curl -F "upload=@${fileName()}"${fields.join("")} "${addressOf("v1/vision/alpr")}"`;
  return { text, note: "Answers JSON; the best plate comes first." };
}

/** @returns {Recipe} */
function python() {
  const fields = Object.entries(fieldsOf(store.grid)).map(([name, value]) => `"${name}": "${value}"`);
  const text = `import requests

with open("${fileName()}", "rb") as image:
    answer = requests.post(
        "${addressOf("v1/vision/alpr")}",
        files={"upload": image},
        data={${fields.join(", ")}},
        timeout=30,
    )
for plate in answer.json()["predictions"]:
    print(plate["plate"], plate["confidence"])`;
  return { text, note: "With the requests package." };
}

/** @returns {Recipe} */
function homeAssistant() {
  const text = `image_processing:
  - platform: codeproject_ai_alpr
    server: ${withGrid("v1/vision/alpr")}
    source:
      - entity_id: camera.driveway`;
  return { text, note: "configuration.yaml, for the CodeProject.AI ALPR component." };
}

/** @returns {Recipe} */
function frigate() {
  const text = `code_project:
  api_url: ${withGrid("v1/image/alpr")}`;
  return { text, note: "config.yml of frigate_plate_recognizer, which listens to Frigate's events." };
}

/** @returns {Recipe} */
function blueIris() {
  const { hostname, port, protocol } = new URL(addressOf(""));
  const number = port || (protocol === "https:" ? "443" : "80");
  const { grid_size: size, wanted_cells: cells = "" } = fieldsOf(store.grid);
  const text = `{"grid_size": ${size}, "wanted_cells": "${cells}"}`;
  const note =
    `In Blue Iris' AI settings: server ${hostname}, port ${number}, and ALPR for plates on. ` +
    "It sends no grid; give the service its own, in config.json:";
  return { text, note };
}
