import type { Turn, Work } from "../../policy.ts";

export default (work: Work): Turn => work as Turn;
