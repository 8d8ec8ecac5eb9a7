import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import type { Finding } from "./finding.ts";

interface Copy {
	readonly folder: string;
	readonly version: string;
	/** The package that has it in its own node_modules; undefined for the application. */
	readonly owner: string | undefined;
}

const api = "@opentelemetry/api";
const oldLogsApi = "@opentelemetry/api-logs";
const maxFolders = 50_000;

/** Looks for copies of the API that cannot see each other, in the node_modules of a folder and above it. */
export function checkInstall(folder: string): Finding[] {
	const copies = findCopies(folder);
	return [...checkApiCopies(folder, copies.get(api) ?? []), ...checkLogsApi(copies)];
}

function checkApiCopies(folder: string, copies: readonly Copy[]): Finding[] {
	const main = copies.find(({ folder: copy }) => copy === resolveFrom(folder)) ?? copies[0];
	if (main === undefined) {
		const message = `No ${api} is installed in ${folder} or above.`;
		return [{ code: "api-missing", severity: "note", message, cure: `npm install ${api}` }];
	}
	const others = copies.filter((copy) => copy !== main);
	const blind = others.filter((copy) => !sees(copy.version, main.version));
	const findings: Finding[] = [];
	if (blind.length > 0) {
		findings.push({
			code: "api-copies",
			severity: "error",
			message:
				`${list(folder, blind)} cannot see the SDK, which registers with ${api} ${main.version}: ` +
				"a newer copy finds nothing in an older one's place, so its spans vanish without a word.",
			cure: cureForCopies(main, blind),
		});
	}
	const seeing = others.filter((copy) => !blind.includes(copy));
	if (seeing.length > 0) {
		findings.push({
			code: "api-copies",
			severity: "warning",
			message:
				`${list(folder, seeing)} stands beside the application's ${api} ${main.version}. ` +
				"Spans get through, but a bundler or a version bump can part them, and logs need 1.10 on both sides.",
			cure: cureForCopies(main, seeing),
		});
	}
	return findings;
}

function cureForCopies(main: Copy, others: readonly Copy[]): string {
	const newest = [main, ...others]
		.map(({ version }) => version)
		.sort(compareVersions)
		.at(-1);
	return `Install one copy: "overrides": { "${api}": "${newest}" } in package.json, then npm install; see npm ls ${api}.`;
}

function list(folder: string, copies: readonly Copy[]): string {
	return copies
		.map(
			(copy) =>
				`${api} ${copy.version} ${copy.owner ? `of ${copy.owner} ` : ""}(${relative(folder, copy.folder) || "."})`,
		)
		.join(", ");
}

/** The API's own rule: what is registered must be of the same major version and not older than who asks. */
function sees(asking: string, registered: string): boolean {
	return asking.split(".")[0] === registered.split(".")[0] && compareVersions(asking, registered) <= 0;
}

function compareVersions(a: string, b: string): number {
	const [left = [], right = []] = [a, b].map((version) => version.split(/[.-]/).map(Number));
	// Patches of one minor version see each other.
	for (const index of [0, 1]) {
		const difference = (left[index] ?? 0) - (right[index] ?? 0);
		if (difference !== 0) return difference;
	}
	return 0;
}

function checkLogsApi(copies: ReadonlyMap<string, readonly Copy[]>): Finding[] {
	const [found] = copies.get(oldLogsApi) ?? [];
	const newest =
		(copies.get(api) ?? [])
			.map(({ version }) => version)
			.sort(compareVersions)
			.at(-1) ?? "0";
	if (found === undefined || compareVersions(newest, "1.10.0") < 0) return [];
	return [
		{
			code: "orphaned-logs-api",
			severity: "note",
			message: `${oldLogsApi} ${found.version} is installed: what is written through it is lost under SDK 3.`,
			cure: `Write through logs of ${api} 1.10; npm ls ${oldLogsApi} shows who brings it.`,
		},
	];
}

function resolveFrom(folder: string): string | undefined {
	try {
		const file = createRequire(join(folder, "package.json")).resolve(api);
		const end = file.lastIndexOf(join("@opentelemetry", "api")) + join("@opentelemetry", "api").length;
		return realpathSync(file.slice(0, end));
	} catch {
		return undefined;
	}
}

/** Copies of the two API packages, by name. */
function findCopies(folder: string): Map<string, Copy[]> {
	const found = new Map<string, Copy[]>();
	const seen = new Set<string>();
	for (let current = folder; ; current = dirname(current)) {
		walk(join(current, "node_modules"), undefined, found, seen);
		if (current === dirname(current)) return found;
	}
}

function walk(modules: string, owner: string | undefined, found: Map<string, Copy[]>, seen: Set<string>): void {
	for (const [name, folder] of packagesIn(modules)) {
		if (seen.size > maxFolders) return;
		const real = realpath(folder);
		if (real === undefined || seen.has(real)) continue;
		seen.add(real);
		if (name === api || name === oldLogsApi) {
			const version = versionOf(real);
			if (version !== undefined) found.set(name, [...(found.get(name) ?? []), { folder: real, version, owner }]);
		}
		walk(join(real, "node_modules"), name, found, seen);
	}
}

/** Packages in a node_modules folder, those in a scope and in pnpm's store included. */
function packagesIn(modules: string): [name: string, folder: string][] {
	return entries(modules).flatMap((entry): [string, string][] => {
		const folder = join(modules, entry);
		if (entry === ".pnpm") {
			const stored = entries(folder).filter((name) => name.startsWith("@opentelemetry+api"));
			return stored.flatMap((name) => packagesIn(join(folder, name, "node_modules")));
		}
		if (entry.startsWith("@")) return entries(folder).map((name) => [`${entry}/${name}`, join(folder, name)]);
		return entry.startsWith(".") ? [] : [[entry, folder]];
	});
}

function entries(folder: string): string[] {
	try {
		return existsSync(folder) ? readdirSync(folder) : [];
	} catch {
		return [];
	}
}

function realpath(folder: string): string | undefined {
	try {
		return realpathSync(folder);
	} catch {
		return undefined;
	}
}

function versionOf(folder: string): string | undefined {
	try {
		return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version?: string }).version;
	} catch {
		return undefined;
	}
}

/** True for a file of the old Logs API. */
export function isOldLogsApi(file: string): boolean {
	return file.includes(join("node_modules", "@opentelemetry", "api-logs") + sep);
}
