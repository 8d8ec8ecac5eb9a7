import { fullStage } from "../../footlight.ts";
import { otelMetering } from "../../meter.ts";

const { default: stage, recorded } = fullStage(otelMetering());

export default stage;
export { recorded };
