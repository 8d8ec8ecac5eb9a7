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
}

/** What its profiles run beside that, as far as it is there. */
export interface ProfilePrograms {
	readonly collector: Program | undefined;
	readonly loki: Program | undefined;
}

/** Programs on the PATH, or built by Go; else what there is not, in words. */
export async function findPrograms(): Promise<Programs | string> {
	const jaeger =
		(await jaegerAt("jaeger")) ?? (await built(goTools.jaeger, (folder) => jaegerAt(join(folder, "jaeger"))));
	if (jaeger === undefined) return `no Jaeger 2 on the PATH, and ${await withoutGo()}`;

	const installed = await prometheusAt("prometheus", "promtool");
	const newer =
		installed !== undefined && majorOf(installed.version) >= 3
			? undefined
			: await built(goTools.prometheus, (folder) => prometheusAt(join(folder, "prometheus"), join(folder, "promtool")));
	const [newest, ...older] = [newer, installed].filter((program) => program !== undefined);
	if (newest === undefined) return `no Prometheus on the PATH, and ${await withoutGo()}`;
	return { jaeger, prometheus: [newest, ...older] };
}

/** The same for the programs of the profiles. */
export async function findProfilePrograms(): Promise<ProfilePrograms> {
	return {
		collector: await built(goTools.collector, (folder) => collectorAt(join(folder, "collector"))),
		loki: (await lokiAt("loki")) ?? (await built(goTools.loki, (folder) => lokiAt(join(folder, "loki")))),
	};
}

/** What Go has built, or builds now; undefined where there is no Go to do it. */
async function built<T>(tool: GoTool, look: (folder: string) => Promise<T | undefined>): Promise<T | undefined> {
	const folder = folderOf(tool);
	if (!existsSync(folder)) {
		const go = await findGo();
		if ("missing" in go) return undefined;
		await buildGoTool(tool, go.path);
	}
	const found = await look(folder);
	if (found === undefined) throw new Error(`stack: what Go has built in ${folder} does not run`);
	return found;
}

async function withoutGo(): Promise<string> {
	const go = await findGo();
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

/** The version in what `loki -version` prints; undefined for a Loki before 3.7, which cannot ask a running one how it is. */
export function lokiVersionIn(printed: string): string | undefined {
	const [, version, minor = ""] = /^loki, version (\d+\.(\d+)\.\d+\S*)/m.exec(printed) ?? [];
	if (version === undefined) return undefined;
	return majorOf(version) > 3 || (majorOf(version) === 3 && Number(minor) >= 7) ? version : undefined;
}

async function lokiAt(path: string): Promise<Program | undefined> {
	const version = lokiVersionIn(await printedBy(path, "-version"));
	return version === undefined ? undefined : { path, version };
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
