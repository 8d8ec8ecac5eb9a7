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
 * The target's own methods run with the target as `this`, so private fields work; a private brand check on the proxy
 * itself does not.
 */
export function proxyWith<T extends object>(target: T, methods: ReadonlyMap<PropertyKey, unknown>): T {
	return new Proxy(Object.create(Object.getPrototypeOf(target)) as T, {
		get(_, key) {
			if (methods.has(key)) return methods.get(key);
			const value = Reflect.get(target, key, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
		set: (_, key, value) => Reflect.set(target, key, value, target),
		has: (_, key) => methods.has(key) || Reflect.has(target, key),
	});
}
