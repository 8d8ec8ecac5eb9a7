import { costStage } from "../../footlight.ts";
import { prometheusMetering } from "../../prometheus.ts";

const { default: stage, recorded } = costStage(prometheusMetering());

export default stage;
export { recorded };
