import { existsSync } from "node:fs";
import { join } from "node:path";
import { capture } from "../scripts/command.ts";
import { buildGoTool, findGo, folderOf, type GoTool, goTools } from "./go-tool.ts";

/** A program that answered when asked for its version. */
export interface Program {
	readonly path: string;
	readonly version: string;
}

export interface PrometheusProgram extends Program {
	/** The promtool of the same release. */
	readonly promtool: string;
}

/** What the stack runs without containers. */
export interface Programs {
	readonly jaeger: Program;
	/** Newest first: Prometheus 3 where it can be had, and an older one where it is installed. */
	readonly prometheus: readonly [PrometheusProgram, ...PrometheusProgram[]];
	/** For the profiles, where they are asked for; the stack without them needs none. */
	readonly collector: Program | undefined;
}

/** Programs on the PATH, or built by Go; else what there is not, in words. */
export async function findPrograms({ profiles }: { readonly profiles: boolean }): Promise<Programs | string> {
	const go = await findGo();
	async function built<T>(tool: GoTool, look: (folder: string) => Promise<T | undefined>): Promise<T | undefined> {
		const folder = folderOf(tool);
		if (!existsSync(folder)) {
			if ("missing" in go) return undefined;
			await buildGoTool(tool, go.path);
		}
		const found = await look(folder);
		if (found === undefined) throw new Error(`stack: what Go has built in ${folder} does not run`);
		return found;
	}

	const jaeger =
		(await jaegerAt("jaeger")) ?? (await built(goTools.jaeger, (folder) => jaegerAt(join(folder, "jaeger"))));
	if (jaeger === undefined) return `no Jaeger 2 on the PATH, and ${withoutGo(go)}`;

	const installed = await prometheusAt("prometheus", "promtool");
	const newer =
		installed !== undefined && majorOf(installed.version) >= 3
			? undefined
			: await built(goTools.prometheus, (folder) => prometheusAt(join(folder, "prometheus"), join(folder, "promtool")));
	const [newest, ...older] = [newer, installed].filter((program) => program !== undefined);
	if (newest === undefined) return `no Prometheus on the PATH, and ${withoutGo(go)}`;

	if (!profiles) return { jaeger, prometheus: [newest, ...older], collector: undefined };
	const collector = await built(goTools.collector, (folder) => collectorAt(join(folder, "collector")));
	return { jaeger, prometheus: [newest, ...older], collector };
}

function withoutGo(go: Awaited<ReturnType<typeof findGo>>): string {
	return `${"missing" in go ? go.missing : "nothing"} to build one with`;
}

/** The number before the first dot. */
export function majorOf(version: string): number {
	return Number.parseInt(version, 10);
}

/** The version in what `jaeger version` prints; undefined for a Jaeger before 2, which takes other settings. */
export function jaegerVersionIn(printed: string): string | undefined {
	const version = /"gitVersion":\s*"v?(\d+\.\d+\.\d+[^"]*)"/.exec(printed)?.[1];
	return version !== undefined && majorOf(version) >= 2 ? version : undefined;
}

/** The version in what `prometheus --version` prints. */
export function prometheusVersionIn(printed: string): string | undefined {
	return /^prometheus, version (\d+\.\d+\.\d+\S*)/m.exec(printed)?.[1];
}

/** The version in what the collector prints when asked. */
export function collectorVersionIn(printed: string): string | undefined {
	return /^\S+ version v?(\d+\.\d+\.\d+)/m.exec(printed)?.[1];
}

async function collectorAt(path: string): Promise<Program | undefined> {
	const version = collectorVersionIn(await printedBy(path, "--version"));
	return version === undefined ? undefined : { path, version };
}

async function jaegerAt(path: string): Promise<Program | undefined> {
	const version = jaegerVersionIn(await printedBy(path, "version"));
	return version === undefined ? undefined : { path, version };
}

async function prometheusAt(path: string, promtool: string): Promise<PrometheusProgram | undefined> {
	const version = prometheusVersionIn(await printedBy(path, "--version"));
	if (version === undefined || (await printedBy(promtool, "--version")) === "") return undefined;
	return { path, version, promtool };
}

/** Both streams, for older releases print it on the other one; nothing where there is no such program. */
async function printedBy(path: string, parameter: string): Promise<string> {
	try {
		const { exitCode, stdout, stderr } = await capture(path, [parameter]);
		return exitCode === 0 ? stdout + stderr : "";
	} catch {
		return "";
	}
}
