import { describe, expect, it } from "vitest";
import { redactMembers, redactValue } from "./redact-value.ts";
import { rulesFrom } from "./rules.ts";

const rules = rulesFrom("test");
const hidden = "[REDACTED]";

describe("redactValue", () => {
	it("gives the very same value where nothing is hidden", () => {
		const values = [
			...[Number.NaN, Number.POSITIVE_INFINITY, 10n, true, null, undefined, Symbol.for("a"), "text"],
			...[[1, Number.NaN], new Map([["a", 1]]), new Set(["a"]), new Date(0), new Date(Number.NaN)],
			...[{ a: { b: [{ c: Number.NaN }] } }, new URL("https://example.org/a"), Buffer.from("a"), Object.create(null)],
		];
		for (const value of values) expect(redactValue(rules, value)).toBe(value);
	});

	it("looks into a Map, a Set, and what an object is written as", () => {
		const map = new Map<unknown, unknown>([
			["password", "hunter2"],
			["pages", 7],
			[1, { apiKey: 12n, share: Number.NaN }],
		]);
		expect(redactValue(rules, { map })).toEqual({
			map: new Map<unknown, unknown>([
				["password", hidden],
				["pages", 7],
				[1, { apiKey: hidden, share: Number.NaN }],
			]),
		});
		expect(map.get("password")).toBe("hunter2");
		expect(redactValue(rules, new Set(["a", "password=hunter2"]))).toEqual(new Set(["a", `password=${hidden}`]));
		expect(redactValue(rules, new URL("https://ada:hunter2@example.org/"))).toBe(`https://${hidden}@example.org/`);
	});

	it("hides what is not finite, a BigInt and bytes by their key as it does other numbers and texts", () => {
		expect(redactValue(rules, 12n, "password")).toBe(hidden);
		expect(redactValue(rules, Number.NaN, "password")).toBe(Number.NaN);
		expect(redactValue(rules, 4_111_111_111_111_111n)).toBe(hidden);
		expect(redactValue(rules, Buffer.from("hunter2"), "password")).toBe(hidden);
	});

	it("hides what is circular or cannot be read, and walks a web of objects once", () => {
		const circular: Record<string, unknown> = { pages: 7 };
		circular.self = circular;
		expect(redactValue(rules, circular)).toEqual({ pages: 7, self: hidden });
		const unreadable = {
			get text() {
				throw new Error("no");
			},
		};
		expect(redactValue(rules, unreadable)).toBe(hidden);
		const web: Record<string, unknown>[] = Array.from({ length: 30 }, () => ({}));
		for (const one of web) for (const [index, other] of web.entries()) one[`to${index}`] = other;
		expect(JSON.stringify(redactValue(rules, web[0]))).toContain(hidden);
	});

	it("keeps a member that is called __proto__ one like any other", () => {
		const changed = redactMembers(rules, JSON.parse('{"__proto__":{"a":1},"password":"hunter2"}'));
		expect(JSON.stringify(changed)).toBe(`{"__proto__":{"a":1},"password":"${hidden}"}`);
	});
});

describe("keys of the user's", () => {
	const own = rulesFrom("test", { keys: ["Patient", "user.email"], mask: "***" });

	it("hide whatever stands under them", () => {
		for (const value of ["Ada", "", true, 7, Number.NaN, 7n, { name: "Ada" }, ["Ada"], new Map()]) {
			expect(redactValue(own, { patient: value })).toEqual({ patient: "***" });
		}
	});

	it("are whole names, unlike the words of the list", () => {
		const given = { "patient.name": "Ada", email: "a", "USER.EMAIL": "a", "db.password": "hunter2", none: null };
		expect(redactValue(own, given)).toEqual({ ...given, "USER.EMAIL": "***", "db.password": "***" });
	});
});

it("refuses rules it cannot make", () => {
	const refusal = (options: object) => () => rulesFrom("test", options);
	expect(refusal({ key: [] })).toThrow('test: unknown option "key"; known options are mask, emails, keys, patterns');
	expect(refusal({ keys: null })).toThrow("test: keys must be an array of strings, got null");
	expect(refusal({ patterns: null })).toThrow("test: patterns must be an array of regular expressions, got null");
	expect(refusal({ mask: 7 })).toThrow("test: mask must be a string, got 7");
});
