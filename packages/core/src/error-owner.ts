import type { Scope } from "./scope.ts";

const owners = new WeakMap<object, Scope>();
/** Thrown primitives have no identity; what a call passed outward last is noted at the call around it. */
const primitiveFromInside = new WeakMap<Scope, { readonly thrown: unknown }>();

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
	const inside = primitiveFromInside.get(scope);
	if (scope.parent !== undefined) primitiveFromInside.set(scope.parent, { thrown: error });
	return inside === undefined || !Object.is(inside.thrown, error);
}

function isInside(inner: Scope, outer: Scope): boolean {
	for (let scope = inner.parent; scope !== undefined; scope = scope.parent) if (scope === outer) return true;
	return false;
}
