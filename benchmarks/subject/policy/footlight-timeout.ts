import { timeout } from "@footlight/core";
import { layersAlone } from "../../layers.ts";
import { type PolicySubject, timeoutMs } from "../../policy.ts";

const around: PolicySubject["default"] = layersAlone(() => timeout({ timeoutMs }));

export default around;
