import { passThrough, stageWith } from "../../layers.ts";
import type { PolicySubject } from "../../policy.ts";

const around: PolicySubject["default"] = stageWith(passThrough);

export default around;
