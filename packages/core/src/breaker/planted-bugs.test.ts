import { catchesBugs } from "../../../../test/planting/catches-bugs.ts";
import { plantedBugs } from "./planted-bugs.fixture.ts";

catchesBugs(import.meta.dirname, plantedBugs, 600);
