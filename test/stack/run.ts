// Runs the demo in a real stack and looks whether all of it is where it belongs: `npm run test:stack [-- part of a title]`.
// Exit codes: 0 all checks passed, 1 one failed, 77 skipped, since there is nothing to run it with.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reportFolderVariable, skippedExitCode, type TestReport } from "../../scripts/test-report.ts";
import { troubleWithDocker } from "../../stack/docker.ts";
import { findProfilePrograms, findPrograms } from "../../stack/programs.ts";
import { NotRun } from "./checks/check.ts";
import { checks } from "./checks/index.ts";
import { imagesInContainers, withContainers } from "./containers.ts";
import { type Stack, withStack } from "./stack.ts";

type Result = TestReport["testResults"][number]["assertionResults"][number];

const signs = { passed: "ok     ", skipped: "not run", failed: "FAILED " };

process.exitCode = await test(process.argv.slice(2));

async function test([part = ""]: readonly string[]): Promise<number> {
	let results: Result[];
	if (troubleWithDocker() === undefined) {
		console.log(`stack: in containers: ${imagesInContainers().join(", ")}, Node ${process.versions.node}`);
		results = await withContainers((stack) => runChecks(stack, part));
	} else {
		const programs = await findPrograms();
		if (typeof programs === "string") {
			console.log(`stack: skipped: no Docker engine, ${programs}`);
			return skippedExitCode;
		}
		const { jaeger, prometheus } = programs;
		const { collector, loki } = await findProfilePrograms();
		const versions = [`Jaeger ${jaeger.version}`, ...prometheus.map(({ version }) => `Prometheus ${version}`)];
		if (collector !== undefined) versions.push(`collector ${collector.version}`);
		if (loki !== undefined) versions.push(`Loki ${loki.version}`);
		console.log(`stack: ${versions.join(", ")}, Node ${process.versions.node}`);
		results = await withStack({ ...programs, collector, loki }, (stack) => runChecks(stack, part));
	}
	const count = (wanted: string) => results.filter(({ status }) => status === wanted).length;
	// What cannot be run here is told in the log, and is in no report: it has shown nothing.
	await report(results.filter(({ status }) => status !== "skipped"));
	const notRun = count("skipped") > 0 ? `, ${count("skipped")} not run` : "";
	console.log(`stack: ${count("passed")} of ${results.length} checks passed${notRun}`);
	return count("failed") === 0 && count("passed") > 0 ? 0 : 1;
}

/** Runs the checks whose title has a part, one after the other, a line for each. */
async function runChecks(stack: Stack, part: string): Promise<Result[]> {
	const results: Result[] = [];
	for (const [title, check] of checks) {
		if (!title.includes(part)) continue;
		const startMs = performance.now();
		let status: keyof typeof signs = "passed";
		let told: string;
		try {
			told = await check(stack);
		} catch (error) {
			status = error instanceof NotRun ? "skipped" : "failed";
			told = error instanceof Error ? messageOf(error) : String(error);
		}
		const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
		console.log(`${signs[status]} ${title} (${seconds} s)\n        ${told}`);
		results.push({ fullName: title, status });
	}
	if (results.some(({ status }) => status === "failed")) {
		console.log(`\nstack: the last of the demo:\n${stack.demo.lastLines()}`);
	}
	return results;
}

/** What a failed fetch is about stands in its cause. */
function messageOf({ message, cause }: Error): string {
	return cause instanceof Error ? `${message}: ${messageOf(cause)}` : message;
}

/** Leaves a report as the other test runs do, where somebody asks for reports. */
async function report(results: readonly Result[]): Promise<void> {
	const folder = process.env[reportFolderVariable];
	if (folder === undefined) return;
	const status = results.some((result) => result.status === "failed") ? "failed" : "passed";
	const testReport: TestReport = {
		testResults: [{ name: "test/stack/run.ts", status, message: "", assertionResults: results }],
	};
	await writeFile(join(folder, `stack-node-${process.versions.node}.json`), JSON.stringify(testReport));
}
