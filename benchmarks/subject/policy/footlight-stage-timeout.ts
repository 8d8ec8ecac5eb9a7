import { timeout } from "@footlight/core";
import { stageWith } from "../../layers.ts";
import { type PolicySubject, timeoutMs } from "../../policy.ts";

const around: PolicySubject["default"] = stageWith(() => timeout({ timeoutMs }));

export default around;
