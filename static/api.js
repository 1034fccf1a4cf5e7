/**
 * What the page asks of the service, and what can go wrong on the way.
 * @import { Fields } from "./fields.js"
 */

import { store } from "./store.js";

/** An answer that is no success, or none at all; its text is for a person. */
export class ServiceError extends Error {
  /** @param {string} message @param {any} [body] */
  constructor(message, body = null) {
    super(message);
    this.body = body;
  }
}

/** The address of a path, whatever prefix the page is served under. @param {string} path */
export const addressOf = (path) => new URL(path, document.baseURI).href.replace(/[?#].*/, "");

/**
 * The plates on a picture; `roundTrip` is in milliseconds.
 * @param {File} file @param {Fields} fields @param {AbortSignal} signal
 */
export async function readPlates(file, fields, signal) {
  const started = performance.now();
  const body = await post("v1/vision/alpr", file, fields, signal);
  return { body, roundTrip: Math.round(performance.now() - started) };
}

/**
 * The picture as the service sees it, with the chosen cells drawn in; a data URI.
 * @param {File} file @param {Fields} fields @returns {Promise<string>}
 */
export const drawGrid = async (file, fields) =>
  (await post("v1/vision/alpr_grid_debug", file, fields)).image;

/** The engine's state; one that is not ready is an answer too. */
export const engineStatus = async () => parsed(await reach("readyz", { cache: "no-store" }));

/** What the service tells only its own page. @param {string} path */
export const told = async (path) => successful(await reach(path, { headers: key() }));

const key = () => (store.key ? { "X-Api-Key": store.key } : {});

/** @param {string} path @param {File} file @param {Fields} fields
 * @param {AbortSignal} [signal] */
async function post(path, file, fields, signal) {
  const form = new FormData();
  form.append("upload", file, file.name);
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const how = { method: "POST", body: form, headers: key(), signal };
  return successful(await reach(path, how, file));
}

async function successful(response) {
  const body = await parsed(response);
  if (!response.ok || body.success === false) throw refusal(response, body);
  return body;
}

/** @param {string} path @param {RequestInit} how @param {File} [file] */
async function reach(path, how, file) {
  try {
    return await fetch(addressOf(path), how);
  } catch {
    if (how.signal?.aborted) throw new ServiceError("Stopped before it was read.");
    throw new ServiceError((file && (await fault(file))) || noAnswer());
  }
}

const noAnswer = () => `The service does not answer at ${addressOf("")} – is it running?`;

/** What is wrong with a file, if that is why nothing came back: a folder cannot be sent, and a
 * server that refuses a large body may close the connection before its answer is read.
 * @param {File} file */
async function fault(file) {
  const limit = Number(document.body.dataset.maxBodyMb);
  if (file.size > limit * 1e6) {
    const size = (file.size / 1e6).toFixed(1);
    return `The picture has ${size} MB; the service takes at most ${limit} MB (max_body_mb).`;
  }
  const readable = file.slice(0, 1).arrayBuffer().then(() => "");
  return readable.catch(() => "The browser cannot read this file; is it a folder?");
}

async function parsed(response) {
  try {
    return await response.json();
  } catch {
    throw new ServiceError(`The answer, HTTP ${response.status}, is not the service's own.`);
  }
}

function refusal(response, body) {
  const wait = response.headers.get("Retry-After");
  const text = String(body.error || "the service gives no reason").replace(/\.?$/, ".");
  const missing = response.status === 401 ? " Its field is at the top of the page." : "";
  const hint = wait ? ` Try again in ${wait} s.` : missing;
  return new ServiceError(text.charAt(0).toUpperCase() + text.slice(1) + hint, body);
}
