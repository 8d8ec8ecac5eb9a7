import type { StageKind } from "../call.ts";
import type { UsageExtractor } from "../cost/token-usage.ts";
import { knownOptions, nonEmptyName, show } from "../option.ts";
import { methodsOf, prototypeOf, replaceMembers, type WrapMember } from "./member.ts";
import { wrapAt } from "./member-path.ts";
import type { AnyFunction } from "./stage.ts";

/** Options of `light.instrument`. */
export interface InstrumentOptions {
	/** Kind of every member. @default "stage" */
	readonly kind?: StageKind;
	/** Members to wrap, nested ones by their path: `["chat.completions.create"]`. @default all methods of the object and its classes */
	readonly methods?: readonly string[];
	/** Put before each member's name, with a dot. @default none */
	readonly prefix?: string;
	/** Provider of a model, as in `gen_ai.provider.name`. @default told from the client's class */
	readonly provider?: string;
	/** Reads what a call of any member was billed for, as `usage` of a stage does; `call.name` tells which was called. */
	readonly usage?: UsageExtractor;
}

/** Wraps the methods of an object, an instance or a class in place, or every function of an array in a new one. */
export function instrumentTarget<T extends object>(
	target: T,
	methods: readonly string[] | undefined,
	wrap: WrapMember,
): T {
	if (Array.isArray(target)) return wrapArray(target, wrap) as T & unknown[];
	if (methods !== undefined) return methods.reduce<T>((current, path) => wrapAt(current, path, wrap), target);
	const owner = typeof target === "function" ? prototypeOf(target) : target;
	const wrapped = new Map<PropertyKey, AnyFunction>();
	for (const [name, method] of methodsOf(owner)) wrapped.set(name, wrap(method, name));
	if (wrapped.size === 0) {
		throw new TypeError(
			`instrument: ${show(target)} has no methods to wrap; name them with methods: ["path.to.method"]`,
		);
	}
	const replaced = replaceMembers(owner, wrapped);
	return owner === target ? (replaced as T) : target;
}

function wrapArray(functions: readonly unknown[], wrap: WrapMember): AnyFunction[] {
	return functions.map((fn, index) => {
		if (typeof fn !== "function") throw new TypeError(`instrument: [${index}] must be a function, got ${show(fn)}`);
		return wrap(fn as AnyFunction, fn.name || `stage-${index + 1}`);
	});
}

/** Refuses what cannot be instrumented, before anything of it is changed. */
export function checkInstrument(target: unknown, options: InstrumentOptions): void {
	if ((typeof target !== "object" && typeof target !== "function") || target === null) {
		throw new TypeError(`instrument: target must be an object, a class or an array of functions, got ${show(target)}`);
	}
	knownOptions("instrument", options, ["kind", "methods", "prefix", "provider", "usage"]);
	const { methods, prefix } = options;
	if (prefix !== undefined) nonEmptyName("instrument: prefix", prefix);
	if (methods === undefined) return;
	if (!Array.isArray(methods) || methods.length === 0) {
		throw new TypeError(
			`instrument: methods must be a list of paths such as "chat.completions.create", got ${show(methods)}`,
		);
	}
	for (const [index, path] of methods.entries()) nonEmptyName(`instrument: methods[${index}]`, path);
}
