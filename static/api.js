/** What the page asks of the service, and what can go wrong on the way. */

/**
 * @typedef {object} Grid
 * @property {number} size cells along a side; 1 is no grid
 * @property {Set<number>} cells the chosen ones; none stands for all
 */

/** An answer that is no success, or none at all; its text is for a person. */
export class ServiceError extends Error {
  /** @param {string} message @param {number} [status] @param {object|null} [body] */
  constructor(message, status = 0, body = null) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** The address of one of the service's paths, whatever prefix the page is served under.
 * @param {string} path */
export const addressOf = (path) => new URL(path, document.baseURI).href.replace(/[?#].*$/, "");

/**
 * What `grid_size` and `wanted_cells` are for a grid.
 * @param {Grid} grid
 * @returns {Record<string, string>}
 */
export function fieldsOf({ size, cells }) {
  if (size < 2) return { grid_size: "0" };
  if (!cells.size) return { grid_size: String(size) };
  return { grid_size: String(size), wanted_cells: [...cells].sort((a, b) => a - b).join(",") };
}

/**
 * The plates on a picture.
 * @param {File} file @param {Grid} grid @param {AbortSignal} [signal]
 * @returns {Promise<{body: any, roundTrip: number}>} `roundTrip` in milliseconds
 */
export const readPlates = (file, grid, signal) => post("v1/vision/alpr", file, grid, signal);

/**
 * The picture as the service sees it, with the chosen cells drawn in; a data URI.
 * @param {File} file @param {Grid} grid
 * @returns {Promise<string>}
 */
export async function drawGrid(file, grid) {
  const { body } = await post("v1/vision/alpr_grid_debug", file, grid);
  return body.image;
}

/**
 * Engine, readiness, calls, restarts and version; an engine that is not ready is an answer too.
 * @returns {Promise<any>}
 */
export async function engineStatus() {
  const response = await reach("readyz", { cache: "no-store" });
  return parsed(response);
}

/** @param {string} path @param {File} file @param {Grid} grid @param {AbortSignal} [signal] */
async function post(path, file, grid, signal) {
  await readable(file);
  const form = new FormData();
  form.append("upload", file, file.name);
  for (const [name, value] of Object.entries(fieldsOf(grid))) form.append(name, value);
  const started = performance.now();
  const response = await reach(path, { method: "POST", body: form, signal });
  const body = await parsed(response);
  if (!response.ok || body.success === false) throw refusal(response, body);
  return { body, roundTrip: Math.round(performance.now() - started) };
}

/** A folder, or a file that has since gone, would look like a service that is down.
 * @param {File} file */
async function readable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new ServiceError("The browser cannot read this file; is it a folder, or was it moved?");
  }
}

/** @param {string} path @param {RequestInit} how */
async function reach(path, how) {
  try {
    return await fetch(addressOf(path), how);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") {
      throw new ServiceError("Stopped before it was read.");
    }
    throw new ServiceError(unreachable(how.body));
  }
}

/** A server that refuses a large body may close the line before its answer is read.
 * @param {BodyInit|null|undefined} body */
function unreachable(body) {
  const limit = Number(document.body.dataset.maxBodyMb);
  const file = body instanceof FormData ? body.get("upload") : null;
  if (file instanceof File && limit && file.size > limit * 1e6) {
    const size = (file.size / 1e6).toFixed(1);
    return `The picture has ${size} MB; the service takes at most ${limit} MB (max_body_mb).`;
  }
  return `The service does not answer at ${addressOf("")}. Is it running?`;
}

/** @param {Response} response @returns {Promise<any>} */
async function parsed(response) {
  try {
    return await response.json();
  } catch {
    const cause = "something between the page and the service may have answered instead";
    throw new ServiceError(`The answer (${response.status}) is no JSON; ${cause}.`, response.status);
  }
}

/** @param {Response} response @param {any} body */
function refusal(response, body) {
  const wait = response.status === 503 && response.headers.get("Retry-After");
  const message = String(body.error || body.message || "the service gives no reason");
  const hint = wait ? ` Try again in ${wait} s.` : "";
  return new ServiceError(sentence(message) + hint, response.status, body);
}

/** @param {string} text */
function sentence(text) {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}
