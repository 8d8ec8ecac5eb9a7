import type { FootlightEvent } from "../event.ts";

/** Events that no type lets through and that come all the same: each may break a sink in a way of its own. */
export function oddEvents(): readonly FootlightEvent[] {
	const circular: Record<string, unknown> = { text: "round" };
	circular.self = circular;
	const getter = Object.defineProperty({}, "secret", {
		enumerable: true,
		get() {
			throw new Error("the getter throws");
		},
	});
	const unreadable = new Proxy({}, { ownKeys: thrower, get: thrower, getOwnPropertyDescriptor: thrower });
	let deep: Record<string, unknown> = {};
	for (let depth = 0; depth < 20_000; depth++) deep = { deep };
	const odd: readonly unknown[] = [
		{ circular },
		{ big: 2n ** 70n },
		getter,
		unreadable,
		{ toJSON: thrower },
		{ deep },
		{ huge: "x".repeat(5_000_000) },
		{ symbol: Symbol("s"), fn: () => {}, nothing: undefined, null: null, not: Number.NaN, infinite: -Infinity },
		{ lone: "\ud800", control: "\u0000\u001b[2J\r\n\u2028", "": "no name" },
		{ ["__proto__"]: "own", constructor: "own", hasOwnProperty: "own" },
		{ map: new Map([[1, 2]]), error: new Error("boom"), bytes: new Uint8Array(3) },
		null,
		undefined,
		"text",
		7,
	];
	return [
		...odd.map((attributes) => ({ name: "odd.happened", timeMs: 1_767_225_600_000, attributes })),
		{ name: "odd.happened", timeMs: Number.NaN, attributes: {}, traceId: "no id", spanId: "" },
		{ name: 7, timeMs: "soon", attributes: {} },
		{ name: "", timeMs: Number.POSITIVE_INFINITY, attributes: {} },
		{},
	] as unknown as readonly FootlightEvent[];
}

function thrower(): never {
	throw new Error("it throws");
}
