/** From Node 24 on; not yet in every platform. */
const { isError: isErrorOfPlatform } = Error as { readonly isError?: (value: unknown) => boolean };

/** True for an error of any realm: `instanceof` does not know those of `node:vm`, of a test runner's sandbox, of a frame. */
export function isError(value: unknown): value is Error {
	try {
		return (
			value instanceof Error ||
			(isErrorOfPlatform?.(value) ?? Object.prototype.toString.call(value) === "[object Error]")
		);
	} catch {
		// A proxy may refuse to be looked at.
		return false;
	}
}
