/** A promise of the platform's own class: `await` reads it inside the platform, so it is derived from, not hooked. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
	try {
		return value instanceof Promise && value.constructor === Promise;
	} catch {
		// A proxy may refuse to be looked at.
		return false;
	}
}

/** True for a promise that was given members: a `cancel`, the process it waits for, a list's iteration. */
export function hasMembers(promise: Promise<unknown>): boolean {
	const members = Reflect.ownKeys(promise);
	if (members.length === 0) return false;
	// What the platform puts on every promise (on Node 22, ids of asynchronous hooks) nobody gave it.
	const fresh = Promise.resolve();
	return members.some((name) => !Object.hasOwn(fresh, name));
}
