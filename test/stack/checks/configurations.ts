import { basename } from "node:path";
import { output } from "../../../scripts/command.ts";
import { jaegerConfigFile } from "../../../stack/jaeger.ts";
import { prometheusConfigFile } from "../../../stack/prometheus.ts";
import { collectorConfigFiles } from "../collector.ts";
import { lokiConfigFile } from "../loki.ts";
import type { Stack } from "../stack.ts";

/** The files that the containers read are good in the eyes of the programs that read them, as far as there are such programs. */
export async function configurations({ programs }: Stack): Promise<string> {
	const ofProfiles = [...collectorConfigFiles, lokiConfigFile];
	if (programs === undefined) {
		return `the containers run with jaeger.yaml, and prometheus.yaml with another interval; ${notRead(ofProfiles)}`;
	}
	const { jaeger, prometheus, collector, loki } = programs;
	const [newest] = prometheus;
	await output(jaeger.path, ["validate", `--config=${jaegerConfigFile}`]);
	const read = [`Jaeger ${jaeger.version} jaeger.yaml`];
	const left: string[] = [];
	if (newest.promtool === undefined) left.push(prometheusConfigFile);
	else {
		await output(newest.promtool, ["check", "config", prometheusConfigFile]);
		read.push(`promtool ${newest.version} prometheus.yaml`);
	}
	if (collector === undefined) left.push(...collectorConfigFiles);
	else {
		for (const file of collectorConfigFiles) await output(collector.path, ["validate", `--config=${file}`]);
		read.push(`collector ${collector.version} ${namesOf(collectorConfigFiles)}`);
	}
	if (loki === undefined) left.push(lokiConfigFile);
	else {
		await output(loki.path, ["-verify-config", `-config.file=${lokiConfigFile}`]);
		read.push(`Loki ${loki.version} loki.yaml`);
	}
	const accepted = `accepted: by ${read.join("; by ")}`;
	return left.length === 0 ? accepted : `${accepted}; ${notRead(left)}`;
}

function notRead(files: readonly string[]): string {
	return `read by no program here: ${namesOf(files)}`;
}

function namesOf(files: readonly string[]): string {
	return files.map((file) => basename(file)).join(", ");
}
