import { withTask } from "@traceloop/node-server-sdk";
import { type Stage, work } from "../../work.ts";

const stage: Stage = (value) => withTask({ name: "work" }, work, value);

export default stage;
