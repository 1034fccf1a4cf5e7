/** Where plates are from: a list of codes, typed or added from all that the service knows. */

import { byId } from "./dom.js";
import { store } from "./store.js";
import { startText } from "./text.js";

const list = byId("region-list");

export function startRegions() {
  startText("regions", {
    part: "regions",
    parse: parseRegions,
    text: (codes) => codes.join(),
    value: () => store.regions,
    take: (codes) => store.setRegions(codes),
  });
  list.addEventListener("change", () => {
    store.setRegions([...new Set([...store.regions, list.value])]);
    list.value = "";
  });
  store.setRegions(parseRegions(document.body.dataset.regions ?? ""));
}

/** The codes of a text such as `br,us-ca`; throws in words where one is unknown.
 * @param {string} text */
function parseRegions(text) {
  const codes = text.toLowerCase().split(/[^a-z-]+/).filter(Boolean);
  const known = new Set([...list.options].map((option) => option.value));
  const wrong = codes.find((code) => !known.has(code));
  if (wrong) throw new Error(`“${wrong.slice(0, 20)}” is no region; the list has all of them.`);
  return [...new Set(codes)];
}
