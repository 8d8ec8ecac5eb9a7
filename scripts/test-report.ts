import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestUserConfig } from "vitest/config";
import { root } from "./command.ts";

/** Environment variable with the folder that test runs leave their reports in. */
export const reportFolderVariable = "FOOTLIGHT_TEST_REPORTS";

/** What a test run ends with that could not run, for want of programs; it has neither passed nor failed. */
export const skippedExitCode = 77;

/** Reporters of a test run: a report named for it and its Node, where somebody asks for reports. */
export function reporters(name: string): NonNullable<TestUserConfig["reporters"]> {
	const folder = process.env[reportFolderVariable];
	if (folder === undefined) return ["default"];
	return ["default", ["json", { outputFile: join(folder, `${name}-node-${process.versions.node}.json`) }]];
}

export interface TestReport {
	readonly testResults: readonly {
		readonly name: string;
		readonly status: string;
		readonly message: string;
		readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
	}[];
}

/** A test that may be skipped, and has to be, or it is off the list; and why. */
export interface AllowedSkip {
	/** Beginning of the names of the runs it is skipped in, such as `otel-2`. */
	readonly run: string;
	/** Whole name of the test, with the names of its groups before it. */
	readonly test: string;
	readonly reason: string;
	/** Program that the test needs: where it is installed, this leave is none. */
	readonly withoutProgram?: string;
}

export interface Summary {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
	/** What is wrong beside failed tests, in words. */
	readonly complaints: readonly string[];
}

/** Adds up reports, by name of the run; a file that could not be loaded counts as a failed test. */
export function summarize(
	reports: Readonly<Record<string, TestReport>>,
	allowed: readonly AllowedSkip[] = [],
): Summary {
	let passed = 0;
	let failed = 0;
	let skipped = 0;
	const complaints: string[] = [];
	const met = new Set<AllowedSkip>();
	for (const [run, { testResults }] of Object.entries(reports)) {
		const before = passed + failed;
		for (const { name, status, message, assertionResults } of testResults) {
			const failedBefore = failed;
			for (const test of assertionResults) {
				if (test.status === "passed") passed++;
				else if (test.status === "failed") failed++;
				else {
					skipped++;
					const leave = allowed.find((one) => run.startsWith(one.run) && one.test === test.fullName);
					if (leave) met.add(leave);
					else complaints.push(`${run}: "${test.fullName}" was ${test.status}, and nothing allows that`);
				}
			}
			if (status === "failed" && failed === failedBefore) {
				failed++;
				complaints.push(`${run}: ${name} failed: ${message}`);
			}
		}
		if (passed + failed === before) complaints.push(`${run}: no test ran`);
		for (const one of allowed) {
			if (run.startsWith(one.run) && !met.has(one)) {
				complaints.push(`${run}: "${one.test}" was not skipped; take it off the list of allowed skips`);
			}
		}
	}
	return { passed, failed, skipped, complaints };
}

/** Reads the reports that test runs left in a folder. */
export async function readReports(folder: string): Promise<Record<string, TestReport>> {
	const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
	const read = names.map(async (name) => [name.slice(0, -5), JSON.parse(await readFile(join(folder, name), "utf8"))]);
	return Object.fromEntries(await Promise.all(read));
}

/** Reads the list of tests that may be skipped here. */
export async function readAllowedSkips(
	file: string = join(root, "scripts/allowed-skips.json"),
): Promise<readonly AllowedSkip[]> {
	const listed = JSON.parse(await readFile(file, "utf8")) as AllowedSkip[];
	return listed.filter(({ withoutProgram }) => withoutProgram === undefined || !isInstalled(withoutProgram));
}

function isInstalled(program: string): boolean {
	return spawnSync(program, ["--version"]).error === undefined;
}
