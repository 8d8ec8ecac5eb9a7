import { catchesBugs } from "../catches-bugs.fixture.ts";
import { plantedBugs } from "./planted-bugs.fixture.ts";

catchesBugs(import.meta.dirname, plantedBugs, 800);
