/** The same request for other programs, kept up to date, to copy. */

import { addressOf } from "./api.js";
import { formatAreas } from "./area.js";
import { byId, copies, el, write } from "./dom.js";
import { store } from "./store.js";

/** Each gives the text to copy and a note for people.
 * @type {Record<string, () => [string, string]>} */
const RECIPES = {
  curl,
  Python: python,
  "Home Assistant": homeAssistant,
  Frigate: frigate,
  "Blue Iris": blueIris,
  Camera: camera,
};
const NAMES = Object.keys(RECIPES);

const tabs = byId("tabs");
let chosen = "curl";

export function startRecipes() {
  tabs.append(...NAMES.map(tab));
  tabs.addEventListener("keydown", walk);
  store.on("grid", render);
  store.on("areas", render);
  store.on("regions", render);
  store.on("key", render);
  store.on("shown", render);
  copies(byId("copy"), byId("recipe-text"));
  choose(chosen);
}

const tab = (name) =>
  el("button", { role: "tab", "aria-controls": "recipe", onclick: () => choose(name) }, name);

function choose(name) {
  chosen = name;
  for (const tab of tabs.children) {
    tab.setAttribute("aria-selected", tab.textContent === name);
    tab.tabIndex = tab.textContent === name ? 0 : -1;
  }
  byId("recipe").setAttribute("aria-label", name);
  render();
}

function walk(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = (NAMES.indexOf(chosen) + step + NAMES.length) % NAMES.length;
  choose(NAMES[next]);
  tabs.children[next].focus();
}

function render() {
  const [text, note] = RECIPES[chosen]();
  const parts = text.split(WORD).map((part, i) => i % 2 ? el("span", {}, part) : part);
  byId("recipe-text").replaceChildren(...parts);
  write("recipe-note", note);
}

/** What a narrow screen does not break: what has no blank outside of quotes, with its option. */
const WORD = /((?:--?[\w-]+ (?="))?(?:"[^"]*"|[^\s"])+)/;

/** The shown file's name, where it needs no quoting in a shell. */
function fileName() {
  const name = store.shown?.file.name ?? "";
  return /^\w[\w .-]*$/.test(name) ? name : "car.jpg";
}

/** The header's value, where a key is needed; one that a shell could misread is left to fill in. */
const key = () => document.body.dataset.hasKey &&
  (/^[\w.~+/=-]+$/.test(store.key) ? store.key : "YOUR_KEY");

/** For programs that send no header. */
const noKey = () =>
  key() ? " It sends no key: api_key_exempt_networks must name its address." : "";

/** `name=value`, for each field. */
const fields = () => Object.entries(store.fields).map((field) => field.join("="));

/** The fields as a query, for programs that take only an address. @param {string} path */
const withFields = (path) => `${addressOf(path)}?${fields().join("&")}`;

function curl() {
  return [curlLine(`@${fileName()}`), "Answers JSON, the best plate first."];
}

function camera() {
  const text = `curl -s "http://CAMERA/snapshot.jpg" | ${curlLine("@-;filename=camera.jpg")}`;
  const note =
    "A snapshot's address cannot be given to this page: browsers do not let it fetch from " +
    "elsewhere, and the service fetches nothing. curl can, e.g. with --anyauth -u USER:PASSWORD.";
  return [text, note];
}

/** @param {string} file as curl names it */
function curlLine(file) {
  // curl would take what follows a semicolon in -F for the part's own settings.
  const option = (part) => (part.includes(";") ? "--form-string" : "-F");
  const options = fields().map((part) => `${option(part)} "${part}"`);
  const header = key() ? `-H "X-Api-Key: ${key()}" ` : "";
  const words = [`curl ${header}-F "upload=${file}"`, ...options];
  return `${words.join(" ")} "${addressOf("v1/vision/alpr")}"`;
}

function python() {
  const text = `import requests

with open("${fileName()}", "rb") as image:
    answer = requests.post(
        "${addressOf("v1/vision/alpr")}",
        files={"upload": image},
        data=${JSON.stringify(store.fields).replaceAll(/[:,](?=")/g, "$& ")},
        ${key() ? `headers={"X-Api-Key": "${key()}"},\n        ` : ""}timeout=30,
    )
for plate in answer.json()["predictions"]:
    print(plate["plate"], plate["confidence"])`;
  return [text, "With the requests package."];
}

function homeAssistant() {
  const text = `image_processing:
  - platform: codeproject_ai_alpr
    server: ${withFields("v1/vision/alpr")}
    source:
      - entity_id: camera.driveway`;
  return [text, `configuration.yaml, for the CodeProject.AI ALPR component.${noKey()}`];
}

function frigate() {
  const text = `code_project:\n  api_url: ${withFields("v1/image/alpr")}`;
  const note = "config.yml of frigate_plate_recognizer, which follows Frigate's events.";
  return [text, note + noKey()];
}

function blueIris() {
  const { hostname, port, protocol } = new URL(addressOf(""));
  const number = port || (protocol === "https:" ? "443" : "80");
  const { grid_size: size, wanted_cells: cells = "" } = store.fields;
  const areas = formatAreas(store.areas);
  const note =
    `In Blue Iris' AI settings: server ${hostname}, port ${number}, ALPR for plates on. ` +
    "It sends no fields; give the service its own, in config.json. " +
    (cells && "The whole picture is read first there, whatever is chosen here.") + noKey();
  const [grid, regions] = [{ grid_size: Number(size), wanted_cells: cells }, store.regions.join()];
  const settings = { ...grid, ignore_areas: areas, regions };
  return [JSON.stringify(settings, null, 2), note];
}
