import type { Attributes } from "@opentelemetry/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AttributeTrie } from "./attribute-trie.ts";

describe("AttributeTrie", () => {
	test("finds what was put under the same attributes in the same order, and nothing else", () => {
		const trie = new AttributeTrie<string>(100);
		const sets: Attributes[] = [
			{},
			{ a: 1 },
			{ b: 1 },
			{ a: "1" },
			{ a: true },
			{ a: 1, b: 1 },
			{ a: 1, c: 1 },
			{ b: 1, a: 1 },
		];
		for (const [index, set] of sets.entries()) {
			expect(trie.get({ ...set })).toBeUndefined();
			trie.set(set, `found ${index}`);
		}
		expect(sets.map((set) => trie.get({ ...set }))).toEqual(sets.map((_, index) => `found ${index}`));
		expect(trie.get({ a: 1, b: 1, c: 1 })).toBeUndefined();
	});

	test("takes no attributes that may change inside", () => {
		const trie = new AttributeTrie<string>(100);
		const list = { list: ["a"] };
		trie.set(list, "found");
		expect(trie.get(list)).toBeUndefined();
	});

	test("never holds more than its limit", () => {
		const trie = new AttributeTrie<number>(3);
		for (let index = 0; index < 10; index++) trie.set({ index }, index);
		const held = Array.from({ length: 10 }, (_, index) => trie.get({ index })).filter((found) => found !== undefined);
		expect(held).toEqual([9]);
	});

	test("is a map of what was written, for any attributes", () => {
		const set = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", ""), fc.constantFrom("x", "", 1, 0, true)), {
			maxLength: 4,
		});
		fc.assert(
			fc.property(fc.array(set, { maxLength: 40 }), (entries) => {
				const trie = new AttributeTrie<number>(1_000);
				const reference = new Map<string, number>();
				for (const [index, pairs] of entries.entries()) {
					const attributes = Object.fromEntries(pairs);
					const key = JSON.stringify(Object.entries(attributes));
					expect(trie.get(attributes)).toBe(reference.get(key));
					trie.set(attributes, index);
					reference.set(key, index);
				}
			}),
		);
	});
});
