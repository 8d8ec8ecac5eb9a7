import { describe, expect, it } from "vitest";
import { jsonOf, keyedJson } from "./json.ts";

const thrower = () => {
	throw new Error("it throws");
};

describe("jsonOf", () => {
	const circular: Record<string, unknown> = { text: "round", list: [] };
	circular.self = circular;
	(circular.list as unknown[]).push(circular);
	let deep: Record<string, unknown> = { big: 1n };
	for (let depth = 0; depth < 100; depth++) deep = { deep };

	// Made within the test: what reports a failure would stumble over them.
	it.each<[string, () => unknown, unknown]>([
		["plain data", () => ({ a: 1, b: ["x", null], c: undefined }), { a: 1, b: ["x", null] }],
		["a circle", () => circular, { text: "round", self: "[circular]", list: ["[circular]"] }],
		["a BigInt", () => ({ big: 2n ** 70n, list: [1n] }), { big: "1180591620717411303424", list: ["1"] }],
		["a toJSON that throws", () => ({ a: 1, toJSON: thrower }), { a: 1 }],
		[
			"a getter that throws",
			() => Object.defineProperty({ a: 1 }, "b", { enumerable: true, get: thrower }),
			{ a: 1, b: "[not readable]" },
		],
		[
			"an unreadable object",
			() => ({ odd: new Proxy({}, { ownKeys: thrower, get: thrower }) }),
			{ odd: "[not readable]" },
		],
		["symbols and functions", () => ({ big: 1n, symbol: Symbol("s"), fn: thrower }), { big: "1", symbol: "Symbol(s)" }],
		["nothing", () => undefined, null],
		["a function", () => thrower, null],
		["line breaks", () => "a\nb\u2028", "a\nb\u2028"],
	])("says %s", (_, make, expected) => {
		const json = jsonOf(make());
		expect(json).not.toMatch(/[\r\n]/);
		expect(JSON.parse(json)).toEqual(expected);
	});

	it("goes so deep and no deeper where it must look piece by piece", () => {
		expect(jsonOf(deep)).toMatch(/^(\{"deep":){32}"\[too deep\]"\}+$/);
	});

	it("looks at no more than there is time for where objects all know each other", () => {
		const web: object[] = Array.from({ length: 12 }, () => ({}));
		for (const one of web) Object.assign(one, web);
		const json = jsonOf(web);
		expect(json).toContain('"[too large]"');
		expect(json.length).toBeLessThan(3_000_000);
	});

	it("keeps a member whose name is __proto__", () => {
		expect(jsonOf(Object.assign(JSON.parse('{"__proto__":1}'), { big: 2n }))).toBe('{"__proto__":1,"big":"2"}');
	});

	it("says a thing twice that stands in two places", () => {
		const twice = { big: 1n };
		expect(JSON.parse(jsonOf([twice, twice]))).toEqual([{ big: "1" }, { big: "1" }]);
	});
});

describe("keyedJson", () => {
	it.each([
		[{ a: 1 }, '{"a":1,"idempotencyKey":"k\\""}'],
		[{}, '{"idempotencyKey":"k\\""}'],
		[[1], '{"item":[1],"idempotencyKey":"k\\""}'],
		["{}", '{"item":"{}","idempotencyKey":"k\\""}'],
		[undefined, '{"item":null,"idempotencyKey":"k\\""}'],
	])("puts the key beside %j", (item, expected) => {
		expect(keyedJson(item, 'k"')).toBe(expected);
	});
});
