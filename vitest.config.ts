import { configDefaults, defineConfig } from "vitest/config";
import { reporters } from "./scripts/test-report.ts";

const conditions = ["@footlight/source"];

export default defineConfig({
	ssr: { resolve: { conditions: [...conditions, "node", "import", "default"] } },
	resolve: { conditions },
	test: {
		include: [
			"packages/*/src/**/*.test.ts",
			"examples/**/*.test.ts",
			"dashboards/**/*.test.ts",
			"docs/**/*.test.ts",
			"scripts/*.test.ts",
			"test/*.test.ts",
			"test/stack/*.test.ts",
			"stack/*.test.ts",
		],
		// They have a run of their own: `npm run test:planted-bugs`.
		exclude: [...configDefaults.exclude, "**/planted-bugs.test.ts"],
		pool: "forks",
		maxWorkers: 2,
		testTimeout: 60_000,
		hookTimeout: 60_000,
		unstubEnvs: true,
		execArgv: ["--conditions=@footlight/source", "--expose-gc"],
		reporters: reporters("workspace"),
	},
});
