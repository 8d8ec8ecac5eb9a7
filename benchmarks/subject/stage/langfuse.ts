import { observe } from "@langfuse/tracing";
import { type Stage, work } from "../../work.ts";

const stage: Stage = observe(work, { name: "work" });

export default stage;
