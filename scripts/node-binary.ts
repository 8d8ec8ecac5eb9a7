import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { output, root } from "./command.ts";

/** The releases that the packages are tried on besides the workspace's own; the first two of one line are its floor and its end. */
export const nodeVersions = { floor: "22.15.0", 22: "22.23.3", 24: "24.21.0", 26: "26.10.0" } as const;

/** Gives the path of a release of Node, which the package `node` brings; fetched once and kept until node_modules goes. */
export async function nodeBinary(version: string): Promise<string> {
	if (process.versions.node === version) return process.execPath;
	const folder = join(root, "node_modules/.cache/node-versions", version);
	const binary = join(folder, "node_modules/node/bin/node");
	if (!existsSync(binary)) {
		await mkdir(folder, { recursive: true });
		// npm asks for leave to run the script that puts the right binary in place.
		const manifest = { private: true, dependencies: { node: version }, allowScripts: { node: true } };
		await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
		await output("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder });
	}
	const found = (await output(binary, ["--version"])).trim();
	if (found !== `v${version}`) throw new Error(`asked for Node ${version}, and ${binary} is ${found}`);
	return binary;
}
