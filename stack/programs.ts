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
	/** The promtool of the same release; undefined where there is none, which only tests miss. */
	readonly promtool: string | undefined;
}

/** What the stack runs without containers. */
export interface Programs {
	readonly jaeger: Program;
	/** Newest first: Prometheus 3 where it can be had, and an older one where it is installed. */
	readonly prometheus: readonly [PrometheusProgram, ...PrometheusProgram[]];
}

/** What its profiles run beside that, as far as it is there. */
export interface ProfilePrograms {
	readonly collector?: Program | undefined;
	readonly loki?: Program | undefined;
}

/** Programs on the PATH, or built by Go; else what there is not, in words. */
export async function findPrograms(): Promise<Programs | string> {
	const jaeger =
		(await jaegerAt("jaeger")) ?? (await built(goTools.jaeger, (folder) => jaegerAt(join(folder, "jaeger"))));
	if (isMissing(jaeger)) return `no Jaeger 2 on the PATH, and ${jaeger.missing} to build one with`;

	const installed = await prometheusAt("prometheus", "promtool");
	if (installed !== undefined && majorOf(installed.version) >= 3) return { jaeger, prometheus: [installed] };
	const newer = await built(goTools.prometheus, (folder) => {
		return prometheusAt(join(folder, "prometheus"), join(folder, "promtool"));
	});
	if (!isMissing(newer)) return { jaeger, prometheus: [newer, ...(installed === undefined ? [] : [installed])] };
	if (installed !== undefined) return { jaeger, prometheus: [installed] };
	return `no Prometheus on the PATH, and ${newer.missing} to build one with`;
}

/** The programs of the profiles, as far as they can be had; the collector is always built, since its parts are chosen here. */
export async function findProfilePrograms(): Promise<ProfilePrograms> {
	const collector = await built(goTools.collector, (folder) => collectorAt(join(folder, "collector")));
	const loki = (await lokiAt("loki")) ?? (await built(goTools.loki, (folder) => lokiAt(join(folder, "loki"))));
	return { ...(!isMissing(collector) && { collector }), ...(!isMissing(loki) && { loki }) };
}

interface Missing {
	readonly missing: string;
}

function isMissing(found: Program | Missing): found is Missing {
	return "missing" in found;
}

/** What Go has built, or builds now; else why it cannot. */
async function built<T extends Program>(
	tool: GoTool,
	look: (folder: string) => Promise<T | undefined>,
): Promise<T | Missing> {
	const folder = folderOf(tool);
	if (!existsSync(folder)) {
		const go = await findGo(tool);
		if ("missing" in go) return go;
		await buildGoTool(tool, go.path);
	}
	const found = await look(folder);
	if (found === undefined)
		throw new Error(`stack: what Go has built in ${folder} does not run: delete that folder to have it built again`);
	return found;
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

const collectorAt = (path: string) => programAt(path, "--version", collectorVersionIn);
const jaegerAt = (path: string) => programAt(path, "version", jaegerVersionIn);
const lokiAt = (path: string) => programAt(path, "-version", lokiVersionIn);

async function programAt(
	path: string,
	parameter: string,
	versionIn: (printed: string) => string | undefined,
): Promise<Program | undefined> {
	const version = versionIn(await printedBy(path, parameter));
	return version === undefined ? undefined : { path, version };
}

async function prometheusAt(path: string, promtool: string): Promise<PrometheusProgram | undefined> {
	const version = prometheusVersionIn(await printedBy(path, "--version"));
	if (version === undefined) return undefined;
	const isOfSameRelease = (await printedBy(promtool, "--version")).startsWith(`promtool, version ${version} `);
	return { path, version, promtool: isOfSameRelease ? promtool : undefined };
}

/** Both streams, for older releases print it on the other one; nothing where there is no such program. */
async function printedBy(path: string, parameter: string): Promise<string> {
	try {
		const { exitCode, stdout, stderr } = await capture(path, [parameter], { timeoutMs: 10_000 });
		return exitCode === 0 ? stdout + stderr : "";
	} catch {
		return "";
	}
}
