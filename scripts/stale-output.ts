import { existsSync, globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./command.ts";

/** Removes from the packages' dist what no source stands behind any more: `tsc --build` never does, and it would be published. */
export function removeStaleOutput(): void {
	for (const file of globSync("packages/*/dist/**/*.{js,d.ts,js.map}", { cwd: root })) {
		const source = file.replace(/[/\\]dist[/\\]/, "/src/").replace(/(?:\.d\.ts|\.js|\.js\.map)$/, ".ts");
		if (!existsSync(join(root, source))) rmSync(join(root, file));
	}
}
