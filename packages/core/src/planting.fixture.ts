export { type Hunt, hunt, huntHere, type PlantedBug } from "../../../test/planting/planting.ts";
