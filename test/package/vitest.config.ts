import { defineConfig } from "vitest/config";
import { root } from "../../scripts/command.ts";
import { reporters } from "../../scripts/test-report.ts";

export default defineConfig({
	root,
	test: {
		include: ["test/package/*.test.ts"],
		globalSetup: "test/package/install.ts",
		pool: "forks",
		maxWorkers: 2,
		testTimeout: 120_000,
		hookTimeout: 300_000,
		reporters: reporters("package"),
	},
});
