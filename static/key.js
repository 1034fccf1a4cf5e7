/** The service's key, where it asks for one: kept until the page is closed, and nowhere else. */

import { byId } from "./dom.js";
import { store } from "./store.js";

const field = byId("key");

export function startKey() {
  byId("key-field").hidden = !document.body.dataset.hasKey;
  field.addEventListener("input", () => store.setKey(field.value.trim()));
}
