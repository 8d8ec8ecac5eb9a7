import { footlight } from "@footlight/core";
import { type Stage, work } from "../../work.ts";

const stage: Stage = footlight("benchmark").stage("work", work);

export default stage;
