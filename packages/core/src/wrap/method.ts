import { show } from "../option.ts";
import { isClass } from "./member.ts";
import type { AnyFunction } from "./stage.ts";

/** A method decorator, of the TC39 kind and of TypeScript's `experimentalDecorators`. */
export interface AnyMethod {
	<F extends AnyFunction>(method: F, context: ClassMethodDecoratorContext): F;
	(target: object, name: string | symbol, descriptor: PropertyDescriptor): PropertyDescriptor;
}

export function decorate(wrap: (fn: AnyFunction, name: string) => AnyFunction): AnyMethod {
	function decorator(first: unknown, second: unknown, descriptor?: PropertyDescriptor): unknown {
		if (descriptor !== undefined && (typeof second === "string" || typeof second === "symbol")) {
			return { ...descriptor, value: wrap(methodOf(descriptor.value), String(second)) };
		}
		const { kind, name } = (second ?? {}) as Partial<ClassMethodDecoratorContext>;
		if (kind !== "method") throw new TypeError(`method: decorates methods only, got ${show(kind ?? second)}`);
		return wrap(methodOf(first), String(name));
	}
	return decorator as AnyMethod;
}

function methodOf(value: unknown): AnyFunction {
	if (typeof value !== "function" || isClass(value))
		throw new TypeError(`method: decorates methods only, got ${show(value)}`);
	return value as AnyFunction;
}
