import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runGroup } from "./process-group.ts";

const run = (code: string, timeoutMs = 20_000) =>
	runGroup(process.execPath, ["--eval", code], { env: { GREETING: "hello" }, timeoutMs, graceMs: 200 });

test("a command that exits with 0 has nothing to complain of, and gets the environment", async () => {
	expect(await run("if (process.env.GREETING !== 'hello') process.exit(3)")).toBeUndefined();
});

test("tells how a command failed, or that there is none", async () => {
	expect(await run("process.exit(3)")).toBe("failed with 3");
	expect(await run("process.kill(process.pid, 'SIGKILL')")).toBe("failed with SIGKILL");
	expect(await runGroup("no-such-command", [], { env: {}, timeoutMs: 1_000 })).toMatch(/^failed with .*ENOENT/);
});

test("stops a command that takes too long", async () => {
	expect(await run("setInterval(() => {}, 1_000)", 300)).toBe("stopped, since it was not done after 0.3 s");
});

test("stops what a command leaves behind, and counts that as a failure", async () => {
	const folder = await mkdtemp(join(tmpdir(), "footlight-group-"));
	onTestFinished(() => rm(folder, { recursive: true, force: true }));
	const file = join(folder, "pid");
	const leave = `
		const { pid } = require("node:child_process").spawn("sleep", ["60"], { stdio: "ignore" });
		require("node:fs").writeFileSync(${JSON.stringify(file)}, String(pid));
		process.exit(0);`;
	expect(await run(leave)).toBe("left a process behind");
	const pid = Number(await readFile(file, "utf8"));
	// Stopped, though perhaps not yet collected by whoever is its parent now.
	await expect.poll(() => isRunning(pid)).toBe(false);
});

async function isRunning(pid: number): Promise<boolean> {
	try {
		process.kill(pid, 0);
		const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
		return !/^\d+ \(.*\) Z/.test(status);
	} catch {
		return false;
	}
}
