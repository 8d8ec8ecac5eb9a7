import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { output, root } from "./command.ts";

/** A package as it would be published. */
export interface Tarball {
	readonly name: string;
	readonly version: string;
	/** Path of the .tgz. */
	readonly path: string;
	readonly bytes: number;
	readonly unpackedBytes: number;
	/** Paths inside the package. */
	readonly files: readonly string[];
}

interface NpmPacked {
	readonly name: string;
	readonly version: string;
	readonly filename: string;
	readonly size: number;
	readonly unpackedSize: number;
	readonly files: readonly { readonly path: string }[];
}

/** Builds every package of the workspace and packs it into `folder`. */
export async function packWorkspace(folder: string): Promise<readonly Tarball[]> {
	const built = (await readdir(join(root, "packages"))).map((name) => join(root, "packages", name));
	// From nothing: what a source that is gone or a test once left in dist would be published.
	for (const folder of built) await rm(join(folder, "dist"), { recursive: true, force: true });
	await output(join(root, "node_modules/.bin/tsc"), ["--build", ...built]);
	await mkdir(folder, { recursive: true });
	const tarballs: Tarball[] = [];
	// The dashboards are files as they are.
	for (const cwd of [...built, join(root, "dashboards")]) {
		const printed = await output("npm", ["pack", "--json", "--pack-destination", folder], { cwd });
		tarballs.push(tarball(folder, JSON.parse(printed)));
	}
	return tarballs;
}

/** npm 11 prints a list, npm 12 an object by name. */
function tarball(folder: string, printed: readonly NpmPacked[] | Readonly<Record<string, NpmPacked>>): Tarball {
	const [packed] = Object.values(printed);
	if (packed === undefined) throw new Error("npm pack told of no tarball");
	const { name, version, filename, size, unpackedSize, files } = packed;
	return {
		name,
		version,
		path: join(folder, filename),
		bytes: size,
		unpackedBytes: unpackedSize,
		files: files.map((file) => file.path),
	};
}
