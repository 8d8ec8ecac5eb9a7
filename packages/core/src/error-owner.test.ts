import { beforeEach, describe, expect, it } from "vitest";
import { attempts, footlight, type Middleware } from "./index.ts";
import { exceptionsOf, registerSdk } from "./sdk.fixture.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

const light = footlight("docs-qa");

/** Exceptions by the name of their span, of spans that have any. */
function exceptions(): Record<string, unknown[]> {
	const found: Record<string, unknown[]> = {};
	for (const span of recorded.spans()) {
		if (exceptionsOf(span).length > 0) found[span.name] = [...(found[span.name] ?? []), ...exceptionsOf(span)];
	}
	return found;
}

const stage = (name: string, fn: () => unknown) => light.stage(name, async () => fn());

function throwing(error: unknown): () => never {
	return () => {
		throw error;
	};
}

describe("an exception is recorded once, where it surfaced", () => {
	it("in nested stages, though each of them fails", async () => {
		const inner = stage("inner", throwing(new Error("boom")));
		const outer = stage("outer", inner);
		await expect(light.run(() => outer())).rejects.toThrow("boom");
		expect(exceptions()).toEqual({ inner: ["boom"] });
		for (const name of ["inner", "outer", "docs-qa"]) {
			expect(recorded.span(name).attributes).toMatchObject({ outcome: "error", "error.type": "Error" });
			expect(recorded.span(name).status).toEqual({ code: 2, message: "boom" });
		}
	});

	it("of synchronous stages too", () => {
		const inner = light.stage("inner", throwing(new Error("boom")));
		expect(() => light.stage("outer", () => inner())()).toThrow("boom");
		expect(exceptions()).toEqual({ inner: ["boom"] });
	});

	it.each([["boom"], [42], [undefined], [null], [Symbol.for("boom")]])(
		"when %s is thrown, which has no identity",
		async (thrown) => {
			const inner = stage("inner", throwing(thrown));
			await expect(light.run(() => stage("outer", inner)())).rejects.toBe(thrown);
			expect(Object.keys(exceptions())).toEqual(["inner"]);
		},
	);

	it("and a wrapping error is an exception of its own", async () => {
		const inner = stage("inner", throwing(new Error("boom")));
		const outer = stage("outer", () =>
			inner().catch((cause: unknown) => {
				throw new Error("could not answer", { cause });
			}),
		);
		await expect(outer()).rejects.toThrow("could not answer");
		expect(exceptions()).toEqual({ inner: ["boom"], outer: ["could not answer"] });
	});

	it("for each stage that throws the same object", async () => {
		const error = new Error("shared");
		const [first, second] = [stage("first", throwing(error)), stage("second", throwing(error))];
		await light.run(async () => {
			await first().catch(() => {});
			await second().catch(() => {});
		});
		expect(exceptions()).toEqual({ first: ["shared"], second: ["shared"] });
	});

	it("for each run that throws the same object", async () => {
		const ask = stage("ask", throwing(new Error("shared")));
		await light.run(() => ask()).catch(() => {});
		await light.run(() => ask()).catch(() => {});
		expect(exceptions()).toEqual({ ask: ["shared", "shared"] });
	});

	it("for each of parallel siblings, and not for what waits for them", async () => {
		const one = stage("one", throwing(new Error("one fails")));
		const two = stage("two", throwing(new Error("two fails")));
		await expect(stage("both", () => Promise.all([one(), two()]))()).rejects.toThrow("one fails");
		expect(exceptions()).toEqual({ one: ["one fails"], two: ["two fails"] });
	});

	it("when a stage throws what a stage inside it had thrown and it had caught before", async () => {
		const error = new Error("boom");
		const inner = stage("inner", throwing(error));
		const outer = stage("outer", async () => {
			await inner().catch(() => {});
			throw error;
		});
		await expect(outer()).rejects.toBe(error);
		expect(exceptions()).toEqual({ inner: ["boom"] });
	});

	it("in a retried stage, on the attempt or on what failed inside it", async () => {
		const inner = stage("inner", throwing(new Error("boom")));
		const own = throwing(new Error("own"));
		const failing = [own, inner, own];
		const ask = light.stage("ask", async () => failing.shift()?.(), { use: [thrice] });
		await expect(light.run(() => ask())).rejects.toThrow("own");
		expect(exceptions()).toEqual({ "ask attempt": ["own", "own"], inner: ["boom"] });
		recorded.reset();
		failing.push(inner, own, inner);
		await expect(light.run(() => ask())).rejects.toThrow("boom");
		expect(exceptions()).toEqual({ inner: ["boom", "boom"], "ask attempt": ["own"] });
	});

	it("of a call that a layer refused", () => {
		const refuse: Middleware = () => throwing(new Error("refused"));
		expect(() => light.run(() => light.stage("ask", () => 1, { use: [refuse] })())).toThrow("refused");
		expect(exceptions()).toEqual({ ask: ["refused"] });
	});
});

const thrice: Middleware = (next) => {
	const attempt = attempts(next);
	return async (call) => {
		for (let number = 1; ; number++) {
			try {
				return await attempt({ ...call, attempt: number });
			} catch (error) {
				if (number === 3) throw error;
			}
		}
	};
};
