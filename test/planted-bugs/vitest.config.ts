import { defineConfig } from "vitest/config";
import { root } from "../../scripts/command.ts";
import { reporters } from "../../scripts/test-report.ts";

/** Each bug is planted in a process of its own, which takes a second or two: too long for every run of the tests. */
export default defineConfig({
	root,
	test: {
		include: ["packages/*/src/**/planted-bugs.test.ts", "dashboards/generator/**/planted-bugs.test.ts"],
		pool: "forks",
		maxWorkers: 2,
		testTimeout: 60_000,
		execArgv: ["--conditions=@footlight/source", "--expose-gc"],
		reporters: reporters("planted-bugs"),
	},
	ssr: { resolve: { conditions: ["@footlight/source", "node", "import", "default"] } },
});
