import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { output } from "../../scripts/command.ts";
import { nodeBinary, nodeVersions } from "../../scripts/node-binary.ts";
import { packWorkspace, type Tarball } from "../../scripts/pack.ts";

declare module "vitest" {
	interface ProvidedContext {
		readonly tarballs: readonly Tarball[];
		/** Project with every package installed, and what users type-check with. */
		readonly whole: string;
		/** Project with nothing but core and its peer. */
		readonly alone: string;
		/** Paths of Node 22: its last release, which installs, and the oldest that the packages take. */
		readonly nodes: readonly { readonly version: string; readonly path: string }[];
	}
}

const api = "@opentelemetry/api@1.10.0";
/** What an adapter stands on is an optional peer. */
const adapted = "@pydantic/genai-prices@0.1.8";
/** What the OTLP sink stands on. */
const otlp = ["@opentelemetry/otlp-transformer@0.301.0", "@opentelemetry/resources@3.1.1"];
const nodeTypes = "@types/node@24.10.1";

/** Packs the workspace, and installs what came of it as users do, by the npm of Node 22, in empty projects outside the tree. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
	const folder = await mkdtemp(join(tmpdir(), "footlight-package-"));
	const remove = () => rm(folder, { recursive: true, force: true });
	try {
		const tarballs = await packWorkspace(join(folder, "tarballs"));
		const paths = [];
		for (const version of [nodeVersions[22], nodeVersions.floor])
			paths.push({ version, path: await nodeBinary(version) });
		const node = paths[0]?.path ?? process.execPath;
		const install = async (name: string, packages: readonly string[]) => {
			const cwd = join(folder, name);
			await mkdir(cwd);
			await writeFile(join(cwd, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
			await output("npm", ["install", "--no-audit", "--no-fund", ...packages], { cwd, node });
			await cp(fileURLToPath(new URL("consumer", import.meta.url)), cwd, { recursive: true });
			return cwd;
		};
		const core = tarballs.find(({ name }) => name === "@footlight/core")?.path ?? "";
		project.provide("tarballs", tarballs);
		project.provide("nodes", paths);
		project.provide("alone", await install("alone", [core, api]));
		project.provide(
			"whole",
			await install("whole", [...tarballs.map(({ path }) => path), api, adapted, ...otlp, nodeTypes]),
		);
	} catch (error) {
		await remove();
		throw error;
	}
	return remove;
}
