// Runs everything that CI runs, in order, and stops at the first failure. Its last line adds up the reports of all test runs.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runGroup, stopGroup } from "./process-group.ts";
import { readAllowedSkips, readReports, reportFolderVariable, skippedExitCode, summarize } from "./test-report.ts";

interface Stage {
	readonly script: string;
	/** How many test reports it has to leave. */
	readonly reports: number;
	readonly timeoutMs: number;
	/** It says itself whether it can run here. */
	readonly mayBeSkipped?: boolean;
}

const minuteMs = 60_000;
const stages: readonly Stage[] = [
	{ script: "lint", reports: 0, timeoutMs: 5 * minuteMs },
	{ script: "build", reports: 0, timeoutMs: 5 * minuteMs },
	{ script: "test", reports: 1, timeoutMs: 20 * minuteMs },
	{ script: "test:planted-bugs", reports: 1, timeoutMs: 15 * minuteMs },
	{ script: "test:load", reports: 0, timeoutMs: 5 * minuteMs },
	{ script: "test:kill", reports: 0, timeoutMs: 10 * minuteMs },
	{ script: "test:stack", reports: 1, timeoutMs: 40 * minuteMs, mayBeSkipped: true },
	{ script: "test:otel-2", reports: 1, timeoutMs: 15 * minuteMs },
	{ script: "test:package", reports: 1, timeoutMs: 15 * minuteMs },
	{ script: "test:node-versions", reports: 2, timeoutMs: 20 * minuteMs },
];

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
	process.once(signal, () => {
		stopGroup();
		process.kill(process.pid, signal);
	});
}

const folder = await mkdtemp(join(tmpdir(), "footlight-reports-"));
try {
	let wanted = 0;
	let failure: string | undefined;
	const skippedScripts: string[] = [];
	for (const { script, reports, timeoutMs, mayBeSkipped = false } of stages) {
		console.log(`\n=== npm run ${script}`);
		const startMs = performance.now();
		failure = await runGroup("npm", ["run", script], { env: { [reportFolderVariable]: folder }, timeoutMs });
		const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
		if (mayBeSkipped && failure === `failed with ${skippedExitCode}`) {
			console.log(`=== npm run ${script}: SKIPPED in ${seconds} s`);
			skippedScripts.push(script);
			failure = undefined;
			continue;
		}
		console.log(`=== npm run ${script}: ${failure ?? "ok"} in ${seconds} s`);
		if (failure !== undefined) break;
		wanted += reports;
	}
	const found = await readReports(folder);
	const { passed, failed, skipped, complaints } = summarize(found, await readAllowedSkips());
	const problems = [...complaints];
	if (failure === undefined && Object.keys(found).length !== wanted) {
		problems.push(`${wanted} test reports were due, and there are these: ${Object.keys(found).join(", ")}`);
	}
	console.log("");
	for (const problem of problems) console.log(`check: ${problem}`);
	for (const script of skippedScripts) console.log(`check: npm run ${script} was skipped, and has shown nothing`);
	for (const [run, report] of Object.entries(found)) {
		const one = summarize({ [run]: report });
		console.log(`check: ${one.passed} of ${one.passed + one.failed + one.skipped} tests passed in ${run}`);
	}
	process.exitCode = failure === undefined && failed === 0 && problems.length === 0 ? 0 : 1;
	console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
} finally {
	await rm(folder, { recursive: true, force: true });
}
