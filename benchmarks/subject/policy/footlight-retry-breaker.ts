import { circuitBreaker, retry } from "@footlight/core";
import { layersAlone } from "../../layers.ts";
import type { PolicySubject } from "../../policy.ts";

const around: PolicySubject["default"] = layersAlone(
	() => circuitBreaker(),
	() => retry({ initialDelayMs: 1 }),
);

export default around;
