export { catchesBugs } from "../../../test/planting/catches-bugs.ts";
