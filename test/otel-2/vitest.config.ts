import { configDefaults, defineConfig } from "vitest/config";
import { root } from "../../scripts/command.ts";
import { reporters } from "../../scripts/test-report.ts";
import { olderLine, olderLineVariable } from "./older-line.ts";

const project = process.env[olderLineVariable];
if (project === undefined) throw new Error("run it by npm run test:otel-2, which makes the project it runs on");

export default defineConfig({
	root,
	plugins: [olderLine(project)],
	test: {
		include: [
			"packages/core/src/**/*.test.ts",
			"packages/otel/src/processor/*.test.ts",
			"packages/otel/src/propagation.test.ts",
			"test/otel-2/*.test.ts",
		],
		exclude: [...configDefaults.exclude, "**/planted-bugs.test.ts"],
		pool: "forks",
		maxWorkers: 2,
		testTimeout: 20_000,
		hookTimeout: 60_000,
		unstubEnvs: true,
		execArgv: ["--expose-gc"],
		reporters: reporters("otel-2"),
	},
});
