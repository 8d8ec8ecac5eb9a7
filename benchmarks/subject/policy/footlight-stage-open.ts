import { circuitBreaker } from "@footlight/core";
import { stageWith } from "../../layers.ts";
import type { PolicySubject } from "../../policy.ts";

const around: PolicySubject["default"] = stageWith(() => circuitBreaker({ openMs: 1e9 }));

export default around;
