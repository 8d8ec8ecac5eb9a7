import { circuitBreaker } from "@footlight/core";
import { layersAlone } from "../../layers.ts";
import type { PolicySubject } from "../../policy.ts";

const around: PolicySubject["default"] = layersAlone(() => circuitBreaker({ openMs: 1e9 }));

export default around;
