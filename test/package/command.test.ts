import { describe, expect, inject, test } from "vitest";
import { capture } from "../../scripts/command.ts";
import { startOtlpReceiver } from "../otlp-receiver.ts";

describe.each(inject("nodes"))("npx footlight doctor, from the packed command, on Node $version", ({ path: node }) => {
	const doctor = async (endpoint: string) => {
		const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
		const done = await capture("npx", ["--no-install", "footlight", "doctor"], { cwd: inject("whole"), env, node });
		// What npm has to say about its own settings is no concern of the command's.
		return { ...done, stderr: done.stderr.replaceAll(/^npm warn .*\n/gm, "") };
	};

	test("says that all is well where a collector takes its span, and what is wrong where none does", async () => {
		const receiver = await startOtlpReceiver();
		const well = await doctor(receiver.url);
		const spans = receiver.spans().map(({ name }) => name);
		await receiver.close();
		expect(well).toMatchObject({
			exitCode: 0,
			stdout: expect.stringContaining("Spans can reach the collector."),
			stderr: "",
		});
		expect(spans).toEqual(["footlight.doctor"]);
		const refused = await doctor(receiver.url);
		expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("connection refused"), stderr: "" });
	});
});
