/** A promise of the platform's own class: `await` reads it inside the platform, so it is derived from, not hooked. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
	try {
		return value instanceof Promise && value.constructor === Promise;
	} catch {
		// A proxy may refuse to be looked at.
		return false;
	}
}
