import { describe, expect, inject, test } from "vitest";
import { capture } from "../../scripts/command.ts";

const cwd = inject("whole");

describe.each(inject("nodes"))("the packed command, on Node $version", ({ path: node }) => {
	test("npx footlight doctor tells how this process is set up", async () => {
		const { exitCode, stdout, stderr } = await capture("npx", ["--no-install", "footlight", "doctor"], { cwd, node });
		expect(stderr).not.toMatch(/\bat .+:\d+:\d+/);
		expect(stdout).toContain("@opentelemetry/api");
		expect([0, 1]).toContain(exitCode);
	});

	test("npx footlight --version tells the version that was packed", async () => {
		const { stdout } = await capture("npx", ["--no-install", "footlight", "--version"], { cwd, node });
		expect(stdout.trim()).toContain(inject("tarballs")[0]?.version);
	});
});
