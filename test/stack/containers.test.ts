import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test, vi } from "vitest";
import { parse } from "yaml";
import { withContainers } from "./containers.ts";
import type { Stack } from "./stack.ts";

/** Puts a `docker` of our own first on the PATH; gives what it was called with, from the command of Compose on. */
function withDocker(script: string) {
	const folder = mkdtempSync(join(tmpdir(), "footlight-"));
	const file = join(folder, "docker");
	writeFileSync(file, `#!/bin/sh\necho "$(date +%s%3N) $@" >> "${folder}/calls"\n${script}`);
	chmodSync(file, 0o755);
	vi.stubEnv("PATH", `${folder}${delimiter}/bin${delimiter}/usr/bin`);
	return () => {
		const lines = readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
		return lines.map((line) => ({ atMs: Number.parseInt(line, 10), command: line.replace(/^.*compose\.yaml /, "") }));
	};
}

test("builds before the clock starts, and leaves nothing", async () => {
	const calls = withDocker("");
	const stack = await withContainers(async (stack) => stack);
	const [create, up, down, ...more] = calls();
	expect([create, up, down].map((call) => call?.command)).toEqual([
		"create --build",
		"up --detach --wait",
		"down --volumes --remove-orphans --rmi=local",
	]);
	expect(more).toEqual([]);
	expect(stack.startedAt).toBeGreaterThanOrEqual(create?.atMs ?? 0);
	expect(stack.startedAt).toBeLessThanOrEqual(up?.atMs ?? 0);
	expect(existsSync(stack.folder)).toBe(false);
});

test("has a Prometheus that does not look at the host", async () => {
	withDocker("");
	const jobs = await withContainers(async ({ folder }) => {
		const { scrape_configs } = parse(readFileSync(join(folder, "prometheus.yaml"), "utf8"));
		return (scrape_configs as { job_name: string }[]).map(({ job_name }) => job_name);
	});
	expect(jobs).toEqual(["docs-qa", "prometheus", "jaeger", "spanmetrics"]);
});

test("takes down what did not start, and says so", async () => {
	const calls = withDocker('case "$*" in *" up "*) exit 1;; esac');
	const use = vi.fn(async (stack: Stack) => stack);
	await expect(withContainers(use)).rejects.toThrow("stack: docker compose up failed");
	expect(use).not.toHaveBeenCalled();
	expect(calls().at(-1)?.command).toMatch(/^down /);
});
