import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readAllowedSkips, summarize, type TestReport } from "./test-report.ts";

const report = (tests: Record<string, string>, status = "passed", message = ""): TestReport => ({
	testResults: [
		{
			name: "a.test.ts",
			status,
			message,
			assertionResults: Object.entries(tests).map(([fullName, status]) => ({ fullName, status })),
		},
	],
});

test("adds up the tests of all runs", () => {
	const reports = { one: report({ a: "passed", b: "failed" }, "failed"), two: report({ a: "passed" }) };
	expect(summarize(reports)).toEqual({ passed: 2, failed: 1, skipped: 0, complaints: [] });
});

test("counts a file that cannot be loaded as one failed test", () => {
	const reports = { one: report({ a: "passed" }), two: report({}, "failed", "no such module") };
	expect(summarize(reports)).toMatchObject({ passed: 1, failed: 1 });
	expect(summarize(reports).complaints).toContain("two: a.test.ts failed: no such module");
});

test.each(["skipped", "pending", "todo"])("complains of a test that was %s without leave", (status) => {
	expect(summarize({ one: report({ a: "passed", b: status }) })).toEqual({
		passed: 1,
		failed: 0,
		skipped: 1,
		complaints: [`one: "b" was ${status}, and nothing allows that`],
	});
});

test("lets a listed test be skipped, in the run it is listed for", () => {
	const reports = {
		"otel-2-node-24": report({ a: "passed", b: "skipped" }),
		core: report({ b: "skipped", c: "passed" }),
	};
	const { skipped, complaints } = summarize(reports, [{ run: "otel-2", test: "b", reason: "newer API" }]);
	expect(skipped).toBe(2);
	expect(complaints).toEqual(['core: "b" was skipped, and nothing allows that']);
});

test("complains of a listed test that ran after all", () => {
	const { complaints } = summarize({ one: report({ b: "passed" }) }, [{ run: "one", test: "b", reason: "old" }]);
	expect(complaints).toEqual(['one: "b" was not skipped; take it off the list of allowed skips']);
});

test("complains of a run without a test", () => {
	expect(summarize({ one: { testResults: [] } }).complaints).toEqual(["one: no test ran"]);
});

test("gives no leave for want of a program that is there", async () => {
	const folder = await mkdtemp(join(tmpdir(), "footlight-"));
	onTestFinished(() => rm(folder, { recursive: true }));
	const always = { run: "one", test: "a", reason: "newer API" };
	const without = (withoutProgram: string) => ({ ...always, withoutProgram });
	const file = join(folder, "skips.json");
	await writeFile(file, JSON.stringify([always, without(process.execPath), without("/no/such/program")]));
	expect(await readAllowedSkips(file)).toEqual([always, without("/no/such/program")]);
});
