import { pipelineOf } from "../../pipeline.ts";

export default pipelineOf({ use: [] });
