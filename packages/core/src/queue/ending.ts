import { QueueClosedError, withoutStack } from "../error.ts";

/** What a queue failed with. */
export interface Failure {
	readonly error: unknown;
}

export type EndListener = (error: QueueClosedError) => void;

/** The end of a queue: whether it has come, why, and who is to hear of it. */
export class Ending {
	hasCome = false;
	failure: Failure | undefined;
	readonly #name: string;
	readonly #listeners = new Set<EndListener>();

	constructor(name: string) {
		this.#name = name;
	}

	come(failure: Failure | undefined): void {
		this.hasCome = true;
		this.failure = failure;
	}

	/** For who puts something to a queue that has ended. */
	error(): QueueClosedError {
		const { failure } = this;
		const options = failure === undefined ? undefined : { cause: failure.error };
		return withoutStack(() => new QueueClosedError(this.#name, options));
	}

	/** Calls the listener at the end, or at once where that was before. */
	listen(listener: EndListener): () => void {
		if (this.hasCome) listener(this.error());
		else this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	tell(): void {
		for (const listener of this.#listeners) listener(this.error());
		this.#listeners.clear();
	}
}
