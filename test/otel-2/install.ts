import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { output } from "../../scripts/command.ts";
import { packWorkspace } from "../../scripts/pack.ts";

/** Makes a project of the older line in `folder`, with core, exporters and otel from their tarballs. */
export async function installOlderLine(folder: string): Promise<void> {
	for (const name of ["package.json", "package-lock.json", ".npmrc", "api.ts", "consumer.ts", "tsconfig.json"]) {
		await cp(fileURLToPath(new URL(name, import.meta.url)), join(folder, name));
	}
	const tarballs = await packWorkspace(join(folder, "tarballs"));
	const path = (name: string) => {
		const found = tarballs.find((tarball) => tarball.name === name);
		if (found === undefined) throw new Error(`there is no package ${name}`);
		return found.path;
	};
	await output("npm", ["ci"], { cwd: folder });
	// As a user would: npm refuses it if a peer does not fit.
	const forBothLines = [path("@footlight/core"), path("@footlight/exporters")];
	await output("npm", ["install", "--no-save", "--no-package-lock", ...forBothLines], { cwd: folder });
	// The package is for the newer line and brings its SDK; only what it promises for both lines is taken out of it.
	const otel = join(folder, "node_modules/@footlight/otel");
	await mkdir(otel);
	await output("tar", ["-xzf", path("@footlight/otel"), "-C", otel, "--strip-components=1"]);
}
