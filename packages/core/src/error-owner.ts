import type { Scope } from "./scope.ts";

const owners = new WeakMap<object, Scope>();
/** Thrown primitives have no identity; what a call passed outward is noted at the call around it. */
const primitivesFromInside = new WeakMap<Scope, Set<unknown>>();

/**
 * True when an error surfaced in this call, false when it came through from a call inside it.
 *
 * Conventions want an exception recorded once, at the innermost span that owns it.
 */
export function ownsError(error: unknown, scope: Scope): boolean {
	if ((typeof error !== "object" || error === null) && typeof error !== "function") return ownsPrimitive(error, scope);
	const owner = owners.get(error);
	if (owner !== undefined && owner !== scope && isInside(owner, scope)) return false;
	owners.set(error, scope);
	return true;
}

function ownsPrimitive(error: unknown, scope: Scope): boolean {
	const owns = primitivesFromInside.get(scope)?.has(error) !== true;
	if (scope.parent !== undefined) {
		const noted = primitivesFromInside.get(scope.parent) ?? new Set();
		primitivesFromInside.set(scope.parent, noted.add(error));
	}
	return owns;
}

function isInside(inner: Scope, outer: Scope): boolean {
	for (let scope = inner.parent; scope !== undefined; scope = scope.parent) if (scope === outer) return true;
	return false;
}
