import { fullStage } from "../../footlight.ts";
import { prometheusMetering } from "../../prometheus.ts";

const { default: stage, recorded } = fullStage(prometheusMetering());

export default stage;
export { recorded };
