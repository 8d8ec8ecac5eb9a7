import { describe, expect, it } from "vitest";
import { either, hear } from "./hearing.ts";
import { LazySignal } from "./lazy-signal.ts";

const none = () => undefined;

describe("a lazy signal", () => {
	it("is one and the same, and aborts with the reason it is given", () => {
		const lazy = new LazySignal();
		const signal = lazy.get(none);
		expect(lazy.get(none)).toBe(signal);
		expect(signal.aborted).toBe(false);
		lazy.abort("reason");
		lazy.abort("another");
		expect(signal.reason).toBe("reason");
	});

	it("has aborted already where it is asked for later", () => {
		const lazy = new LazySignal();
		lazy.abort("reason");
		expect(lazy.get(none).reason).toBe("reason");
	});

	it("is heard once the work asks, and so is the one from outside", () => {
		const outer = new LazySignal();
		const lazy = new LazySignal();
		const signal = lazy.get(() => outer.get(none));
		expect([lazy.isHeard, outer.isHeard]).toEqual([false, false]);
		hear(either(signal, new AbortController().signal));
		expect([lazy.isHeard, outer.isHeard]).toEqual([true, true]);
	});

	it("aborts with the one from outside, which is asked for only then", () => {
		const lazy = new LazySignal();
		const outer = new AbortController();
		let asked = 0;
		expect(asked).toBe(0);
		const signal = lazy.get(() => {
			asked++;
			return outer.signal;
		});
		outer.abort("outer");
		expect([asked, signal.reason]).toEqual([1, "outer"]);
		lazy.abort("own");
		expect(signal.reason).toBe("outer");
	});
});
