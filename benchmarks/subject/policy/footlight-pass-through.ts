import { layersAlone, passThrough } from "../../layers.ts";
import type { PolicySubject } from "../../policy.ts";

const around: PolicySubject["default"] = layersAlone(passThrough);

export default around;
