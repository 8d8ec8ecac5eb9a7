import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { capture, root } from "../../scripts/command.ts";
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

describe.each(inject("nodes"))(
	"npx footlight dashboards, from the packed command, on Node $version",
	({ path: node }) => {
		const dashboards = (...parameters: string[]) =>
			capture("npx", ["--no-install", "footlight", "dashboards", ...parameters], { cwd: inject("whole"), node });

		test("lists the dashboards and rules of their package, and writes one as it is shipped", async () => {
			const { exitCode, stdout } = await dashboards("list", "--json");
			expect(exitCode).toBe(0);
			const { files } = inject("tarballs").find(({ name }) => name === "@footlight/dashboards") ?? expect.unreachable();
			const listed = JSON.parse(stdout) as { dashboards: { name: string; file: string }[]; rules: { file: string }[] };
			expect(
				[
					...listed.dashboards.map(({ file }) => `grafana/${file}`),
					...listed.rules.map(({ file }) => `rules/${file}`),
				].sort(),
			).toEqual(files.filter((file) => /^(?:grafana|rules)\//.test(file)).sort());
			const [{ name, file } = expect.unreachable()] = listed.dashboards;
			const exported = await dashboards("export", name, "--stdout");
			expect(exported.stdout).toBe(await readFile(join(root, "dashboards/grafana", file), "utf8"));
		});

		test("reads expressions, and says that nothing listens where no Prometheus does", async () => {
			const { exitCode, stderr } = await dashboards("check", "--prometheus", "http://127.0.0.1:1");
			expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining("http://127.0.0.1:1") });
		});
	},
);
