/**
 * What the page knows: the pictures, the one that is shown, the grid, and what lies over the
 * picture. A module that shows a part listens for that part's name.
 * @import { Area } from "./area.js"
 * @import { Fields, Grid } from "./fields.js"
 * @typedef {"pictures"|"shown"|"grid"|"areas"|"regions"|"key"|"view"} Part
 * @typedef {"plates"|"cells"|"areas"} View
 */

import { fieldsOf } from "./fields.js";
import { carriedOver, chosen } from "./grid.js";

export class Picture {
  /** @param {File} file */
  constructor(file) {
    this.file = file;
    /** What an `<img>` shows. */
    this.url = URL.createObjectURL(file);
  }

  /** Whether this browser cannot show it. */
  unseen = false;
  /** @type {"waiting"|"reading"|"done"|"failed"} */
  state = "waiting";
  /** The service's JSON, of a success or a failure. @type {any} */
  answer = null;
  /** In words, where it failed. */
  error = "";
  /** In milliseconds. */
  roundTrip = 0;
  /** What it was read with. @type {Fields} */
  fields = {};
}

class Store extends EventTarget {
  /** @type {Picture[]} */
  pictures = [];
  /** @type {Picture|null} */
  shown = null;
  /** @type {Grid} */
  grid = { size: 1, cells: new Set() };
  /** When the whole picture is read beside picked cells: a `whole_image_fallback`, or nothing. */
  order = "false";
  /** Where no plate is wanted. @type {Area[]} */
  areas = [];
  /** Where plates are from, by code. @type {string[]} */
  regions = [];
  /** What the service asks for in X-Api-Key. */
  key = "";
  /** @type {View} */
  view = "plates";
  /** The grid as last chosen by hand: sliding through sizes starts from it. */
  #picked = this.grid;

  /** @param {Part} part @param {() => void} listener */
  on(part, listener) {
    this.addEventListener(part, listener);
  }

  /** @param {Part[]} parts */
  #changed(...parts) {
    for (const part of parts) this.dispatchEvent(new Event(part));
  }

  /** @param {File[]} files */
  add(files) {
    const added = files.map((file) => new Picture(file));
    this.pictures.push(...added);
    this.show(added[0]);
  }

  /** @param {Picture|null} picture */
  show(picture) {
    this.shown = picture;
    this.#changed("pictures", "shown");
  }

  /** @param {Picture} picture @param {Partial<Picture>} news */
  update(picture, news) {
    Object.assign(picture, news);
    this.#changed("pictures");
    if (picture === this.shown) this.#changed("shown");
  }

  clear() {
    for (const picture of this.pictures) URL.revokeObjectURL(picture.url);
    this.pictures = [];
    this.show(null);
  }

  /** @param {Iterable<number>} cells */
  pick(cells) {
    this.grid = { size: this.grid.size, cells: chosen(cells, this.grid.size) };
    this.#picked = this.grid;
    this.#changed("grid");
  }

  /** @param {number} size */
  resize(size) {
    this.grid = { size, cells: carriedOver(this.#picked, size) };
    this.#changed("grid");
  }

  /** @param {string} order */
  setOrder(order) {
    this.order = order;
    this.#changed("grid");
  }

  /** @param {Area[]} areas */
  ignore(areas) {
    this.areas = areas;
    this.#changed("areas");
  }

  /** @param {string[]} codes */
  setRegions(codes) {
    this.regions = codes;
    this.#changed("regions");
  }

  /** @param {string} key */
  setKey(key) {
    this.key = key;
    this.#changed("key");
  }

  /** What a request says now. */
  get fields() {
    return fieldsOf(this);
  }

  /** @param {View} view */
  look(view) {
    this.view = view;
    this.#changed("view");
  }
}

export const store = new Store();
