/**
 * Puts a method on an object as an own property that enumeration does not see.
 *
 * Throws where the object is frozen or the property is fixed; callers then put a proxy in front instead.
 */
export function patchMethod(target: object, name: PropertyKey, method: (...input: never[]) => unknown): void {
	Object.defineProperty(target, name, { value: method, writable: true, configurable: true, enumerable: false });
}

/** True when own properties can be put on an object under all these names. */
export function isPatchable(target: object, names: readonly PropertyKey[]): boolean {
	return names.every((name) => {
		const own = Object.getOwnPropertyDescriptor(target, name);
		return own === undefined ? Object.isExtensible(target) : own.configurable === true;
	});
}

/**
 * An object that answers as `target` does, but for some methods. For targets that cannot be changed.
 *
 * Methods run with the target as `this`, so private fields work; a private brand check on the proxy itself does not.
 */
export function proxyWith<T extends object>(target: T, replaced: ReadonlyMap<PropertyKey, unknown>): T {
	const methods = new Map(replaced);
	const onTarget = new WeakMap<object, unknown>();
	// Not the target itself: a proxy must not answer otherwise than its target for a property that is fixed.
	const proxy: T = new Proxy(Object.create(Object.getPrototypeOf(target)) as T, {
		get(_, key) {
			const value: unknown = methods.has(key) ? methods.get(key) : Reflect.get(target, key, target);
			if (typeof value !== "function" || key === "constructor") return value;
			if (!onTarget.has(value))
				onTarget.set(
					value,
					calledOn(target, value as () => unknown, () => proxy),
				);
			return onTarget.get(value);
		},
		set: (_, key, value) => Reflect.set(target, key, value, target),
		has: (_, key) => methods.has(key) || Reflect.has(target, key),
		defineProperty: (_, key, { value }) => methods.set(key, value).has(key),
		deleteProperty: (_, key) => Reflect.deleteProperty(target, key),
		ownKeys: () => Reflect.ownKeys(target),
		getOwnPropertyDescriptor(_, key) {
			const own = Reflect.getOwnPropertyDescriptor(target, key);
			if (own === undefined) return undefined;
			return { ...own, ...(methods.has(key) && { value: methods.get(key) }), configurable: true };
		},
	});
	return proxy;
}

/** A method that takes a call on the proxy for one on the target; still the same function to anyone who looks at it. */
function calledOn(target: object, method: () => unknown, proxy: () => object): unknown {
	return new Proxy(method, {
		apply(_, receiver, input) {
			if (receiver !== proxy()) return Reflect.apply(method, receiver, input);
			const result: unknown = Reflect.apply(method, target, input);
			return result === target ? receiver : result;
		},
	});
}
