import { expect, test } from "vitest";
import { cacheFolder, folderOf, goTools } from "./go-tool.ts";
import { collectorVersionIn, jaegerVersionIn, lokiVersionIn, majorOf, prometheusVersionIn } from "./programs.ts";

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

test("reads the version of a Loki, and takes none before 3.7", () => {
	expect(lokiVersionIn("loki, version 3.7.8 (branch: , revision: unknown)\n  build user: ")).toBe("3.7.8");
	expect(lokiVersionIn("loki, version 4.0.1 (branch: main)")).toBe("4.0.1");
	expect(lokiVersionIn("loki, version 3.6.11 (branch: main)")).toBeUndefined();
	// Another program has this name too.
	expect(lokiVersionIn("loki 2.4.7 - linkage analysis")).toBeUndefined();
});

test("takes the number before the first dot", () => {
	expect(["2.42.0+ds", "3.13.5", "12.0.0"].map(majorOf)).toEqual([2, 3, 12]);
});

test("keeps what it builds outside the tree, where the machine keeps such things", () => {
	expect(cacheFolder({ HOME: "/home/ada" })).toBe("/home/ada/.cache/footlight/tools");
	expect(cacheFolder({ HOME: "/home/ada", XDG_CACHE_HOME: "/cache" })).toBe("/cache/footlight/tools");
});

test("keeps what is put together here by what is in it, and the rest by its version", () => {
	expect(folderOf(goTools.collector)).toMatch(new RegExp(`collector-${goTools.collector.version}-[0-9a-f]{8}$`));
	expect(folderOf(goTools.loki)).toMatch(new RegExp(`loki-${goTools.loki.version}$`));
});
