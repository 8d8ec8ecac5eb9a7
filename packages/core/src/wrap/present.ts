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
	Object.setPrototypeOf(invoke, Object.getPrototypeOf(fn));
	for (const key of ["name", "length"] as const) {
		Object.defineProperty(invoke, key, { value: fn[key], configurable: true });
	}
	if (Object.hasOwn(fn, "prototype")) {
		Object.defineProperty(invoke, "prototype", { value: fn.prototype, writable: true, configurable: true });
	}
	return invoke as F;
}
