import { work } from "../../work.ts";

export default work;
