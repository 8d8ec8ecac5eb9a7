import type { Call, Definition } from "../call.ts";
import { show } from "../option.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { ignoreRejection, isThenable } from "../thenable.ts";
import { longestText, plainText } from "./plain-text.ts";
import type { CacheSettings } from "./settings.ts";

/** What stands before each key of a stage, so that no two stages share an entry; of a named cache, of all its stages. */
export function keyPrefix({ name: stage, pipeline }: Definition, name: string | undefined): string {
	// Encoded, a name can hold neither mark.
	if (name !== undefined) return `${encoded(name)}:`;
	return `${encoded(pipeline.name)}/${encoded(stage)}:`;
}

function encoded(name: string): string {
	return encodeURIComponent(name.toWellFormed());
}

/** The key of a call in its stage; undefined for one that is not to be cached. */
export function keyOf(call: Call, { key, store }: CacheSettings): string | undefined {
	if (key === undefined) return ownKey(call, store !== undefined);
	try {
		const given: unknown = key(call);
		if (given === undefined || typeof given === "string") return given;
		if (isThenable(given)) ignoreRejection(given);
		telemetryFailed("cache key", new TypeError(`cache: key must give a string or undefined, got ${show(given)}`));
	} catch (error) {
		telemetryFailed("cache key", error);
	}
	return undefined;
}

const numbers = new WeakMap<object, number>();
let last = 0;

/** What other keys begin with. */
const otherwise = /^[[0-9]/;

function ownKey({ input, receiver }: Call, isStored: boolean): string | undefined {
	const [only] = input;
	const isText = typeof only === "string" && input.length === 1 && only.length <= longestText;
	// A text as it is need not be hashed anew for each call.
	if (isText && receiver === undefined && !otherwise.test(only)) return only;
	const text = plainText(input);
	if (text === undefined || !isObject(receiver)) return text;
	// Two clients answer differently to the same question. Outside of this process such a number means nothing.
	if (isStored) return undefined;
	let number = numbers.get(receiver);
	if (number === undefined) {
		number = ++last;
		numbers.set(receiver, number);
	}
	return `${number}${text}`;
}

/** The namespace of a module is no object that a function works on. */
function isObject(receiver: unknown): receiver is object {
	if ((typeof receiver !== "object" && typeof receiver !== "function") || receiver === null) return false;
	return Object.prototype.toString.call(receiver) !== "[object Module]" && receiver !== globalThis;
}
