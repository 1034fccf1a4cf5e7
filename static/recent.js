/** What the service tells only its own page: the last requests, a few figures, the settings. */

import { told } from "./api.js";
import { byId, el, write } from "./dom.js";
import { store } from "./store.js";

const HEADS = ["Time", "Request", "Status", "ms", "Plates"];
const HOURS = { hourCycle: "h23" };
const settings = byId("settings");
/** Whether the key is missing or wrong; then nothing is asked until another one is typed. */
let locked = false;

export function startRecent() {
  document.addEventListener("asked", ask);
  store.on("key", () => (locked = false));
  settings.addEventListener("toggle", () => settings.open && tellSettings());
}

async function ask() {
  if (locked) return;
  try {
    show(await told("recent.json"));
  } catch (error) {
    const { body, message } = error;
    locked = body?.code === 401;
    write("recent-says", message);
  }
}

function show({ requests, reads_last_minute: reads, median_ms: median, refused }) {
  write("reads", reads);
  write("median", median === null ? "–" : `${median} ms`);
  write("refused", refused);
  write("recent-says", requests.length
    ? "The last 100 at most, this page's own among them. They are kept in memory only."
    : "No client has asked since the service was started.");
  const heads = requests.some(({ client }) => client) ? [...HEADS, "From"] : HEADS;
  byId("requests").parentElement.hidden = !requests.length;
  fill("requests", heads, requests.map(cells));
}

const cells = ({ time, method, path, status, ms, plates, texts, client, error }) => {
  const request = [`${method} ${path}`, error && el("small", { class: "soft" }, error)];
  return [local(new Date(time)), request, status, ms, texts?.join(", ") || plates, client];
};

/** The hour, in 24 as in the log, and the day too where it is another. @param {Date} time */
const local = (time) => time.toDateString() === new Date().toDateString()
  ? time.toLocaleTimeString([], HOURS) : time.toLocaleString([], HOURS);

async function tellSettings() {
  try {
    const all = Object.entries(await told("settings.json"));
    const rows = all.map(([name, value]) => [name, JSON.stringify(value)]);
    fill("settings-table", ["Setting", "Value"], rows);
  } catch (error) {
    fill("settings-table", [error.message], []);
  }
}

/** @param {string} id of a table @param {string[]} heads @param {any[][]} rows */
function fill(id, heads, rows) {
  const body = rows.map((row) => line("td", row.slice(0, heads.length)));
  byId(id).replaceChildren(el("thead", {}, line("th", heads)), el("tbody", {}, ...body));
}

const line = (tag, values) =>
  el("tr", {}, ...values.map((value) => el(tag, {}, ...[value].flat())));
