import type { Drawn } from "./draw-pipeline.ts";

/** A runner that may stand where a function does: its run is one of its own, below the call. */
export interface InnerRunner extends Drawn {
	/** Runs once; fails with what the run fails with. */
	runWithin(input: unknown): unknown;
}

const runners = new WeakMap<object, InnerRunner>();

/** Lets an object be given in the place of a function. */
export function rememberRunner(given: object, runner: InnerRunner): void {
	runners.set(given, runner);
}

export function innerRunnerOf(given: unknown): InnerRunner | undefined {
	return given !== null && typeof given === "object" ? runners.get(given) : undefined;
}
