/**
 * What the page knows: the pictures, the one that is shown, and the grid. Whoever shows a part of
 * it listens for that part's name.
 * @typedef {import("./api.js").Grid} Grid
 * @typedef {"waiting"|"reading"|"done"|"failed"} State
 * @typedef {object} Picture
 * @property {File} file
 * @property {string} url what an `<img>` shows
 * @property {boolean} unseen whether this browser cannot show the file
 * @property {State} state
 * @property {any} answer the service's JSON, of a success or a failure
 * @property {string} error in words, where it failed
 * @property {number} roundTrip milliseconds
 * @property {Grid|null} grid the one it was read with
 */

import { carriedOver } from "./grid.js";

class Store extends EventTarget {
  /** @type {Picture[]} */
  pictures = [];
  /** @type {Picture|null} */
  shown = null;
  /** @type {Grid} */
  grid = { size: 4, cells: new Set() };
  /** @type {"plates"|"cells"} */
  view = "plates";
  /** The grid as it was last chosen by hand; sliding through sizes starts from it. */
  #picked = this.grid;

  /** @param {"pictures"|"shown"|"grid"|"view"} part @param {() => void} listener */
  on(part, listener) {
    this.addEventListener(part, listener);
  }

  /** @param {"pictures"|"shown"|"grid"|"view"} part */
  changed(part) {
    this.dispatchEvent(new Event(part));
  }

  /** @param {File[]} files @returns {Picture[]} */
  add(files) {
    const added = files.map(pictureOf);
    this.pictures.push(...added);
    this.show(added[0] ?? this.shown);
    return added;
  }

  /** @param {Picture|null} picture */
  show(picture) {
    this.shown = picture;
    this.changed("pictures");
    this.changed("shown");
  }

  /** @param {Picture} picture @param {Partial<Picture>} news */
  update(picture, news) {
    Object.assign(picture, news);
    this.changed("pictures");
    if (picture === this.shown) this.changed("shown");
  }

  clear() {
    for (const picture of this.pictures) URL.revokeObjectURL(picture.url);
    this.pictures = [];
    this.show(null);
  }

  /** @param {Set<number>} cells */
  pick(cells) {
    const { size } = this.grid;
    this.grid = { size, cells: cells.size === size * size ? new Set() : cells };
    this.#picked = this.grid;
    this.changed("grid");
  }

  /** @param {number} size */
  resize(size) {
    if (size === this.grid.size) return;
    this.grid = { size, cells: carriedOver(this.#picked, size) };
    this.changed("grid");
  }

  /** @param {"plates"|"cells"} view */
  look(view) {
    if (view === this.view) return;
    this.view = view;
    this.changed("view");
  }
}

/** @param {File} file @returns {Picture} */
function pictureOf(file) {
  return {
    file,
    url: URL.createObjectURL(file),
    unseen: false,
    state: "waiting",
    answer: null,
    error: "",
    roundTrip: 0,
    grid: null,
  };
}

/** @param {Grid|null} one @param {Grid} other */
export const sameGrid = (one, other) =>
  one !== null && one.size === other.size &&
  one.cells.size === other.cells.size && [...one.cells].every((cell) => other.cells.has(cell));

export const store = new Store();
