import { costByHand } from "../../hand-written.ts";
import { otelMetering } from "../../meter.ts";

const { default: stage, recorded } = costByHand(otelMetering());

export default stage;
export { recorded };
