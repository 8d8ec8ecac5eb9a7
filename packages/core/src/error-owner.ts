import type { Scope } from "./scope.ts";

const owners = new WeakMap<object, Scope>();
/** Thrown primitives have no identity; what a call passed outward last is noted at the call around it. */
const primitiveFromInside = new WeakMap<Scope, { readonly thrown: unknown }>();

/**
 * True when an error surfaced in this call, false when it came through from a call inside it.
 *
 * Conventions want an exception recorded once, at the innermost span that owns it.
 */
export function ownsError(error: unknown, where: Scope): boolean {
	const scope = recorderOf(where);
	if ((typeof error !== "object" || error === null) && typeof error !== "function") return ownsPrimitive(error, scope);
	const owner = owners.get(error);
	if (owner !== undefined && owner !== scope && (isInside(owner, scope) || isKnownOf(owner, scope))) return false;
	owners.set(error, scope);
	return true;
}

/** An attempt without a span of its own is its stage: what it fails with stands there, or nowhere. */
function recorderOf(scope: Scope): Scope {
	let recorder = scope;
	while (recorder.attemptOf !== undefined && recorder.parent !== undefined && recorder.span === recorder.parent.span) {
		recorder = recorder.parent;
	}
	return recorder;
}

function ownsPrimitive(error: unknown, scope: Scope): boolean {
	const inside = primitiveFromInside.get(scope);
	if (scope.parent !== undefined) primitiveFromInside.set(scope.parent, { thrown: error });
	return inside === undefined || !Object.is(inside.thrown, error);
}

/**
 * True where an error was recorded beside this call already: on the run around it, which has claimed it, or, of
 * a runner's stages, on any other of the same run. A stage that reads another's stream fails with that one's error, and
 * stages that are given up all fail with the run's.
 */
function isKnownOf(owner: Scope, scope: Scope): boolean {
	if (owner.ownsRun && owner.open && isInside(scope, owner)) return true;
	return owner.run === scope.run && (scope.attemptOf ?? scope).reporter !== undefined;
}

function isInside(inner: Scope, outer: Scope): boolean {
	for (let scope = inner.parent; scope !== undefined; scope = scope.parent) if (scope === outer) return true;
	return false;
}
