// Runs core's tests and those of `@footlight/otel/processors`, from the packed tarballs, on the older line of OpenTelemetry.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, show } from "../../scripts/command.ts";
import { installOlderLine } from "./install.ts";
import { olderLineVariable } from "./older-line.ts";

const folder = await mkdtemp(join(tmpdir(), "footlight-otel-2-"));
try {
	await installOlderLine(folder);
	const typed = await show(join(root, "node_modules/.bin/tsc"), ["--project", folder]);
	const tested = await show(
		join(root, "node_modules/.bin/vitest"),
		["run", "--config", "test/otel-2/vitest.config.ts", ...process.argv.slice(2)],
		{ env: { [olderLineVariable]: folder } },
	);
	process.exitCode = typed && tested ? 0 : 1;
} finally {
	await rm(folder, { recursive: true, force: true });
}
