import { withSpan } from "@arizeai/openinference-core";
import { type Stage, work } from "../../work.ts";

const stage: Stage = withSpan(work, { name: "work" });

export default stage;
