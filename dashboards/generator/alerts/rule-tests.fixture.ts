import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const rules = join(import.meta.dirname, "../../rules");

/** The file of rules, as it is committed. */
export const rulesFile: string = join(rules, "footlight.rules.yaml");

/** The promtool unit test of an alert. */
export function testFileOf(name: string): string {
	const kebab = name.replaceAll(/(?<!^)([A-Z])/g, "-$1").toLowerCase();
	return join(rules, "tests", `${kebab}.test.yaml`);
}

/** What promtool has to say where it is not content; empty where it is. */
export function promtool(...words: readonly string[]): string {
	const { status, stdout, stderr } = spawnSync("promtool", words, { encoding: "utf8" });
	return status === 0 ? "" : `status ${status}\n${stdout}${stderr}`;
}

/** Runs an alert's unit test against other rules than those that are committed; gives what fails. */
export function testWith(otherRules: string, name: string): string {
	const folder = mkdtempSync(join(tmpdir(), "footlight-rules-"));
	try {
		mkdirSync(join(folder, "tests"));
		writeFileSync(join(folder, "footlight.rules.yaml"), otherRules);
		const test = join(folder, "tests", "one.test.yaml");
		writeFileSync(test, readFileSync(testFileOf(name), "utf8"));
		return promtool("test", "rules", test);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
