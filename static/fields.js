/**
 * What a request says besides its picture: the grid, its order, the areas to ignore, and regions.
 * @import { Area } from "./area.js"
 * @typedef {Record<string, string>} Fields
 * @typedef {object} Grid
 * @property {number} size cells along a side; 1 is no grid
 * @property {Set<number>} cells the chosen ones; none stands for all
 */

import { formatAreas } from "./area.js";
import { sorted } from "./grid.js";

/** @param {{grid: Grid, order: string, areas: Area[], regions: string[]}} choice
 * @returns {Fields} */
export function fieldsOf({ grid: { size, cells }, order, areas, regions: codes }) {
  // An empty field counts as absent, and the setting would hold; a lone semicolon names nothing.
  const ignored = formatAreas(areas) || (document.body.dataset.ignoreAreas && ";");
  const regions = codes.join() || (document.body.dataset.regions && ";");
  return {
    grid_size: size < 2 ? "0" : `${size}`,
    ...(cells.size && { wanted_cells: sorted(cells).join() }),
    ...(cells.size && order && { whole_image_fallback: order }),
    ...(ignored && { ignore_areas: ignored }),
    ...(regions && { regions }),
  };
}
