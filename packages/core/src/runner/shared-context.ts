import type { Context } from "@opentelemetry/api";

/**
 * One context for stages that run one after the other within a turn: entering a context of its own would cost each of
 * them more than all the rest.
 *
 * A stage that turns out to go on beyond its turn keeps it for good, and those that follow are given another.
 */
export class SharedContext implements Context {
	/** The context of the stage that runs now, or of the run between two stages. */
	current: Context;

	constructor(current: Context) {
		this.current = current;
	}

	getValue(key: symbol): unknown {
		return this.current.getValue(key);
	}

	setValue(key: symbol, value: unknown): Context {
		return this.current.setValue(key, value);
	}

	deleteValue(key: symbol): Context {
		return this.current.deleteValue(key);
	}
}
