import { basename } from "node:path";
import { output } from "../../../scripts/command.ts";
import { jaegerConfigFile } from "../../../stack/jaeger.ts";
import { prometheusConfigFile } from "../../../stack/prometheus.ts";
import { collectorConfigFiles } from "../scale-tier.ts";
import type { Stack } from "../stack.ts";

/** No Loki is started here, nor by the containers of this test. */
const lokiConfigFile = "loki.yaml";

/** The files that the containers read are good in the eyes of the programs that read them, as far as there are such programs. */
export async function configurations({ programs }: Stack): Promise<string> {
	const ofCollector = collectorConfigFiles.map((file) => basename(file));
	if (programs === undefined) {
		return `the containers run with jaeger.yaml, and prometheus.yaml with another interval; ${notRead([...ofCollector, lokiConfigFile])}`;
	}
	const { jaeger, prometheus, collector } = programs;
	const [newest] = prometheus;
	await output(newest.promtool, ["check", "config", prometheusConfigFile]);
	await output(jaeger.path, ["validate", `--config=${jaegerConfigFile}`]);
	const read = [`promtool ${newest.version} prometheus.yaml`, `Jaeger ${jaeger.version} jaeger.yaml`];
	if (collector === undefined) return `${accepted(read)}; ${notRead([...ofCollector, lokiConfigFile])}`;
	for (const file of collectorConfigFiles) await output(collector.path, ["validate", `--config=${file}`]);
	read.push(`collector ${collector.version} ${ofCollector.join(", ")}`);
	return `${accepted(read)}; ${notRead([lokiConfigFile])}`;
}

function accepted(read: readonly string[]): string {
	return `accepted: by ${read.join("; by ")}`;
}

function notRead(files: readonly string[]): string {
	return `read by no program here: ${files.join(", ")}`;
}
