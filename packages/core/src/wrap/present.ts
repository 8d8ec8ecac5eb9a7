import { generatorKind } from "./generator.ts";
import type { AnyFunction } from "./stage.ts";

const standard = new Set<PropertyKey>(["name", "length", "prototype", "arguments", "caller"]);

/**
 * Makes the wrapper look like the function it wraps: name, length, class, own properties.
 *
 * A function with properties of its own (a spy, a client function with members) gets a proxy, so that they stay live;
 * the plain case gets a plain function, which is faster to call.
 */
export function presentAs<F extends AnyFunction>(fn: F, invoke: AnyFunction): F {
	if (Reflect.ownKeys(fn).some((key) => !standard.has(key))) {
		return new Proxy(fn, {
			apply: (_, receiver, input) => Reflect.apply(invoke, receiver, input),
		});
	}
	const isGenerator = generatorKind(fn) !== undefined;
	const presented = Object.hasOwn(fn, "prototype") && !isGenerator ? constructible(fn, invoke) : invoke;
	Object.setPrototypeOf(presented, Object.getPrototypeOf(fn));
	for (const key of ["name", "length"] as const) {
		Object.defineProperty(presented, key, { value: fn[key], configurable: true });
	}
	if (Object.hasOwn(fn, "prototype")) {
		// A `function` has a prototype that can be assigned but not configured, a method has none.
		Object.defineProperty(presented, "prototype", { value: fn.prototype, writable: true });
	}
	return presented as F;
}

/** A `function` of the old style may be a constructor; what it makes is no stage. */
function constructible(fn: AnyFunction, invoke: AnyFunction): AnyFunction {
	return function (this: unknown, ...input: unknown[]) {
		if (new.target === undefined) return Reflect.apply(invoke, this, input);
		return Reflect.construct(fn, input, new.target);
	};
}
