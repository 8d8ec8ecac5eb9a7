import { footlight } from "@footlight/core";
import { logger } from "../../sink.ts";
import { type Stage, work } from "../../work.ts";

const stage: Stage = footlight("benchmark", { logger }).stage("work", work);

export default stage;
