/**
 * The arithmetic of areas to ignore, as the service does it.
 * @typedef {number[]} Area left, top, right and bottom: fractions with at most three digits
 */

const NUMBER = /^(?:0*(?:[01](?:\.\d{0,20})?|\.\d{1,20})|\d(?:\.\d{0,20})?e-\d{1,3})$/i;

/** Within the picture, and with at most three digits. @param {number} fraction */
const rounded = (fraction) => Math.round(1000 * Math.min(1, Math.max(0, fraction))) / 1000;

/** A longer fraction grows the area, so that none ever vanishes.
 * @param {number} fraction @param {number} side from 0 on, in an area's order */
const outward = (fraction, side) =>
  (side < 2 ? Math.floor : Math.ceil)(Number((1000 * fraction).toPrecision(9))) / 1000;

/** @param {Area[]} areas */
export const formatAreas = (areas) => areas.map((area) => area.join()).join(";");

/** The areas that a text such as `0,0,1,0.08` names; throws in words. @param {string} text */
export const parseAreas = (text) => text.split(";").filter((item) => item.trim()).map(parseArea);

function parseArea(text) {
  const items = text.split(",").map((item) => item.trim());
  const area = items.map(Number);
  const numbers = items.every((item) => NUMBER.test(item) && Number(item) <= 1);
  if (items.length === 4 && numbers && area[0] < area[2] && area[1] < area[3]) {
    return area.map(outward);
  }
  throw new Error(
    `“${text.slice(0, 40)}” is no area: left,top,right,bottom are fractions from 0 to 1, ` +
    "with semicolons between areas, e.g. 0,0,1,0.08.");
}

/** What lies between two points; none where that is hardly more than a click.
 * @param {number[]} one @param {number[]} other @returns {Area|null} */
export function areaBetween([x, y], [x2, y2]) {
  const area = [Math.min(x, x2), Math.min(y, y2), Math.max(x, x2), Math.max(y, y2)].map(rounded);
  return area[2] - area[0] < 0.01 || area[3] - area[1] < 0.01 ? null : area;
}

/** The same area elsewhere, still within the picture.
 * @param {Area} area @param {number} right @param {number} down @returns {Area} */
export function moved([left, top, right_, bottom], right, down) {
  const x = Math.min(1 - right_, Math.max(-left, right));
  const y = Math.min(1 - bottom, Math.max(-top, down));
  return [left + x, top + y, right_ + x, bottom + y].map(rounded);
}

/** Its lower right corner elsewhere.
 * @param {Area} area @param {number} right @param {number} down @returns {Area} */
export const sized = ([left, top, right_, bottom], right, down) =>
  [left, top, Math.max(left + 0.01, right_ + right), Math.max(top + 0.01, bottom + down)]
    .map(rounded);
