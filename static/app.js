/** The page: pictures in, plates out. */

import { startAreas } from "./areas.js";
import { startCells } from "./cells.js";
import { startControls } from "./controls.js";
import { startFilm } from "./film.js";
import { startHeader } from "./header.js";
import { startIntake } from "./intake.js";
import { startKey } from "./key.js";
import { startLabels } from "./labels.js";
import { startReadings } from "./readings.js";
import { startRecent } from "./recent.js";
import { startRecipes } from "./recipes.js";
import { startRegions } from "./regions.js";
import { startResult } from "./result.js";
import { startStage } from "./stage.js";
import { startZoom } from "./zoom.js";

startKey();
startStage();
startZoom();
startLabels();
startCells();
startAreas();
startRegions();
startFilm();
startResult();
startReadings();
startRecent();
startRecipes();
startControls();
startIntake();
startHeader();
