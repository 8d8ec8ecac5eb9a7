/** Rejects once somebody has had the time to handle it. */
class Refusing {
	readonly #error: unknown;

	constructor(error: unknown) {
		this.#error = error;
	}

	then(_: unknown, reject: (error: unknown) => void): void {
		reject(this.#error);
	}
}

/** What a promise is resolved with to reject in the next microtask. */
export function refusing(error: unknown): PromiseLike<never> {
	return new Refusing(error) as unknown as PromiseLike<never>;
}

/**
 * A promise that rejects, in the next microtask: `Promise.reject` is unhandled for a moment, and to tell the process so,
 * and then that it was handled after all, costs more than all the rest of a refusal.
 */
export function rejection(error: unknown): Promise<never> {
	return Promise.resolve(refusing(error));
}
