import { costStage } from "../../footlight.ts";
import { otelMetering } from "../../meter.ts";

const { default: stage, recorded } = costStage(otelMetering());

export default stage;
export { recorded };
