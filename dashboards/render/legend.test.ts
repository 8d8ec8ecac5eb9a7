import { expect, test } from "vitest";
import { legendOf } from "./legend.ts";

test("names a series by its labels, and by nothing where it lacks one", () => {
	const labels = { stage_name: "answer", outcome: "ok" };
	expect(legendOf("{{stage_name}} · {{ outcome }}{{missing}}", labels)).toBe("answer · ok");
	expect(legendOf("p95", labels)).toBe("p95");
});

test("names a series as Prometheus does where no format is given", () => {
	expect(legendOf("__auto", { __name__: "up", job: "a" })).toBe('up{job="a"}');
	expect(legendOf("", { job: "a", instance: "b" })).toBe('{job="a", instance="b"}');
});
