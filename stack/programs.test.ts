import { expect, test } from "vitest";
import { cacheFolder } from "./go-tool.ts";
import { collectorVersionIn, jaegerVersionIn, majorOf, prometheusVersionIn } from "./programs.ts";

test("reads the version of a Jaeger 2, and takes no older one", () => {
	expect(jaegerVersionIn('{"gitCommit":"","gitVersion":"v2.13.0","buildDate":""}')).toBe("2.13.0");
	expect(jaegerVersionIn('{"gitCommit":"","gitVersion":"v1.76.0","buildDate":""}')).toBeUndefined();
	expect(jaegerVersionIn("jaeger: not found")).toBeUndefined();
});

test("reads the version of a Prometheus", () => {
	expect(prometheusVersionIn("prometheus, version 3.13.5 (branch: , revision: unknown)\n  build user: ")).toBe(
		"3.13.5",
	);
	expect(prometheusVersionIn("prometheus, version 2.42.0+ds (branch: debian/sid)")).toBe("2.42.0+ds");
	expect(prometheusVersionIn("promtool, version 2.42.0")).toBeUndefined();
});

test("reads the version of a collector", () => {
	expect(collectorVersionIn("collector version 0.159.0\n")).toBe("0.159.0");
	expect(collectorVersionIn("otelcol-contrib version v0.160.1")).toBe("0.160.1");
	expect(collectorVersionIn("")).toBeUndefined();
});

test("takes the number before the first dot", () => {
	expect(["2.42.0+ds", "3.13.5", "12.0.0"].map(majorOf)).toEqual([2, 3, 12]);
});

test("keeps what it builds outside the tree, where the machine keeps such things", () => {
	expect(cacheFolder({ HOME: "/home/ada" })).toBe("/home/ada/.cache/footlight/tools");
	expect(cacheFolder({ HOME: "/home/ada", XDG_CACHE_HOME: "/cache" })).toBe("/cache/footlight/tools");
});
