/** The page: pictures in, plates out. */

import { startAreas } from "./areas.js";
import { startCells } from "./cells.js";
import { startControls } from "./controls.js";
import { startFilm } from "./film.js";
import { startHeader } from "./header.js";
import { startIntake } from "./intake.js";
import { startRecipes } from "./recipes.js";
import { startResult } from "./result.js";
import { startStage } from "./stage.js";

startHeader();
startStage();
startCells();
startAreas();
startFilm();
startResult();
startRecipes();
startControls();
startIntake();
