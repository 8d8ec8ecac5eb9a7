import { circuitBreaker, retry } from "@footlight/core";
import { stageWith } from "../../layers.ts";
import type { PolicySubject } from "../../policy.ts";

const around: PolicySubject["default"] = stageWith(
	() => circuitBreaker(),
	() => retry({ initialDelayMs: 1 }),
);

export default around;
