import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { capture, output, root } from "../scripts/command.ts";

/** Programs that Go builds from a module pinned in `tools/`. */
export interface GoTool {
	/** Folder in `tools/`. */
	readonly module: string;
	readonly version: string;
	/** Import paths of the commands, each named for the program it becomes; `.` becomes what the module is called. */
	readonly commands: readonly string[];
	readonly tags?: readonly string[];
	/** Variable of the program that holds its version, and what it is set to. */
	readonly stamp: readonly [variable: string, version: string];
}

// Each is the version of the image in the compose file: what is proved here is what the containers run.
// Go knows this Jaeger as v1.76.0 of its module, the last release that another module can require: later ones are v2 alone,
// and the path of the module is not.
const jaegerVersion = "2.13.0";
const prometheusVersion = "3.13.5";
const collectorVersion = "0.159.0";
const lokiVersion = "3.7.8";

export const goTools = {
	jaeger: {
		module: "jaeger",
		version: jaegerVersion,
		commands: ["github.com/jaegertracing/jaeger/cmd/jaeger"],
		stamp: ["github.com/jaegertracing/jaeger/internal/version.latestVersion", `v${jaegerVersion}`],
	},
	prometheus: {
		module: "prometheus",
		version: prometheusVersion,
		commands: ["github.com/prometheus/prometheus/cmd/prometheus", "github.com/prometheus/prometheus/cmd/promtool"],
		// Finding targets in a dozen clouds is most of what there is to build, and DNS is all that is used.
		tags: ["remove_all_sd", "enable_dns_sd"],
		stamp: ["github.com/prometheus/common/version.Version", prometheusVersion],
	},
	collector: {
		module: "collector",
		version: collectorVersion,
		commands: ["."],
		stamp: ["main.version", collectorVersion],
	},
	loki: {
		module: "loki",
		version: lokiVersion,
		commands: ["github.com/grafana/loki/v3/cmd/loki"],
		stamp: ["github.com/grafana/loki/v3/pkg/util/build.Version", lokiVersion],
	},
} as const satisfies Record<string, GoTool>;

/** Folder that programs are kept in, outside the tree, so that a fresh clone finds them. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
	return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "footlight", "tools");
}

/** Path of Go where it is as new as a tool's module wants it, else why it is of no use. */
export async function findGo({ module }: GoTool): Promise<{ readonly path: string } | { readonly missing: string }> {
	const wanted = /^go (\S+)$/m.exec(readFileSync(join(root, "tools", module, "go.mod"), "utf8"))?.[1] ?? "";
	const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "go"));
	const found = onPath.filter((path) => existsSync(path));
	// Where it is installed to, whether the PATH of this shell says so or not.
	if (found.length === 0) found.push(...["/usr/local/go/bin/go"].filter((path) => existsSync(path)));
	let missing = "no Go";
	for (const path of new Set(found)) {
		const { stdout } = await capture(path, ["env", "GOVERSION"], { env: goEnvironment });
		const version = stdout.trim();
		const isNewEnough = version.replace(/^go/, "").localeCompare(wanted, "en", { numeric: true }) >= 0;
		if (/^go\d/.test(version) && isNewEnough) return { path };
		missing = `only ${version || `a Go that does not run (${path})`}, where it takes Go ${wanted},`;
	}
	return { missing };
}

// Nothing of the machine's own settings decides what is built, and no other Go is fetched.
const goEnvironment = { GOFLAGS: "", GOWORK: "off", GOTOOLCHAIN: "local" };

/** Folder that the programs of a tool are in, once they are built. */
export function folderOf({ module, version }: GoTool): string {
	// Of a program that is put together here, the version does not tell what is in it.
	const main = join(root, "tools", module, "main.go");
	const own = existsSync(main) ? `-${createHash("sha256").update(readFileSync(main)).digest("hex").slice(0, 8)}` : "";
	return join(cacheFolder(), `${module}-${version}${own}`);
}

/** Builds the programs of a tool into its folder. */
export async function buildGoTool(tool: GoTool, go: string): Promise<void> {
	const { module, version, commands, tags = [], stamp } = tool;
	const folder = folderOf(tool);
	console.log(`stack: building ${module} ${version} with Go, once; this takes minutes ...`);
	const startMs = performance.now();
	const unfinished = `${folder}.${process.pid}`;
	await mkdir(unfinished, { recursive: true });
	try {
		await output(
			go,
			[
				...["build", "-buildvcs=false", "-trimpath", "-mod=readonly", `-tags=${tags.join(",")}`],
				...[`-ldflags=-s -w -X ${stamp.join("=")}`, "-o", `${unfinished}/`, ...commands],
			],
			{ cwd: join(root, "tools", module), env: goEnvironment },
		);
		await rename(unfinished, folder).catch((error: unknown) => {
			// Another has built the same at the same time.
			if (!existsSync(folder)) throw error;
		});
	} finally {
		await rm(unfinished, { recursive: true, force: true });
	}
	console.log(`stack: built ${module} ${version} in ${((performance.now() - startMs) / 1_000).toFixed(0)} s`);
}
