import { expect, expectTypeOf, describe as group, it } from "vitest";
import { cache, describe, fallback, footlight, layer, type Middleware, retry, standardStack } from "./index.ts";

const plain: Middleware = (next) => next;

group("standardStack", () => {
	const named = (name: string) => layer({ name }, (next) => next);
	const names = [
		"auth",
		"featureFlag",
		"rateLimit",
		"cache",
		"fallback",
		"circuitBreaker",
		"retry",
		"timeout",
	] as const;

	it("gives its layers in the recommended order, however they are written", () => {
		const layers = Object.fromEntries([...names].reverse().map((name) => [name, named(name)]));
		const search = footlight("docs-qa").stage("search", () => [], { use: standardStack(layers) });
		expect(describe(search).layers.map((described) => described.name)).toEqual(["observe", ...names]);
	});

	it("leaves out what is not given", () => {
		expect(standardStack({ retry: plain })).toEqual([plain]);
		expect(standardStack({})).toEqual([]);
		expect(standardStack()).toEqual([]);
	});

	it("says in the type of the stage what its layers do to it", async () => {
		const light = footlight("docs-qa");
		const length = (text: string) => text.length;
		const cached = light.stage("length", length, { use: standardStack({ cache: cache({ ttlMs: 1 }) }) });
		const tried = light.stage("length", length, { use: standardStack({ retry: retry() }) });
		const answered = light.stage("length", length, { use: standardStack({ fallback: fallback({ value: null }) }) });
		const [one, promised, other] = [cached("four"), tried("four"), answered("four")];
		expectTypeOf(one).toEqualTypeOf<number>();
		expectTypeOf(promised).toEqualTypeOf<Promise<number>>();
		expectTypeOf(other).toEqualTypeOf<number | null>();
		expect([one, await promised, other]).toEqual([4, 4, 4]);

		const given: { retry?: Middleware } = {};
		expectTypeOf(standardStack(given)).toEqualTypeOf<Middleware[]>();
		// @ts-expect-error there is no such place
		expect(() => standardStack({ breaker: plain })).toThrow(TypeError);
	});
});
