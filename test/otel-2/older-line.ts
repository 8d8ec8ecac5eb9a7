import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";
import type { Plugin } from "vite";
import { root } from "../../scripts/command.ts";

/** Environment variable with the folder of the project that `install.ts` makes. */
export const olderLineVariable = "FOOTLIGHT_OTEL_2";

const testFile = /\.(?:test|fixture)\.ts$/;
const source = /^packages\/(core|otel)\/src\/(.+)\.ts$/;

/** Lets the workspace's test files run on a project elsewhere: its OpenTelemetry, and the packages' built files for their sources. */
export function olderLine(project: string): Plugin {
	const require = createRequire(join(project, "package.json"));
	return {
		name: "older-line",
		enforce: "pre",
		async resolveId(id, importer) {
			if (id === "@opentelemetry/api" && importer !== undefined && testFile.test(importer))
				return join(project, "api.ts");
			if (/^@(?:opentelemetry|footlight)\//.test(id)) return { id: require.resolve(id), external: true };
			const file = id.startsWith(".") ? (await this.resolve(id, importer, { skipSelf: true }))?.id : undefined;
			if (file === undefined || testFile.test(file)) return undefined;
			const [, name, path] = source.exec(relative(root, file).split(sep).join("/")) ?? [];
			if (name === undefined) return undefined;
			return { id: join(project, "node_modules/@footlight", name, "dist", `${path}.js`), external: true };
		},
	};
}
