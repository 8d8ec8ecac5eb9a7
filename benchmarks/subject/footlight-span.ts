import { footlight, tracing } from "@footlight/core";
import { type Stage, work } from "../work.ts";

const stage: Stage = footlight("benchmark", { use: [tracing()] }).stage("work", work);

export default stage;
