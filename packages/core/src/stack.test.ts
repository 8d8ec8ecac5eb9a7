import { expect, describe as group, it } from "vitest";
import { describe, footlight, layer, type Middleware, standardStack } from "./index.ts";

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
});
