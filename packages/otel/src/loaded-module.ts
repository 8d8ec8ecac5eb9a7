import { createRequire } from "node:module";
import { sep } from "node:path";

const require = createRequire(import.meta.url);
/** Loaded by this package itself; the application's own require() of them is patched all the same. */
const loadedHere = new Set(["pino", "@grpc/grpc-js"]);

/** What an instrumentation says of the modules it patches; kept by every class built on InstrumentationBase. */
interface Patching {
	readonly instrumentationName?: string;
	readonly _modules?: readonly { readonly name: string }[];
}

export function instrumentationName(instrumentation: object): string {
	return (instrumentation as Patching).instrumentationName ?? instrumentation.constructor.name;
}

/**
 * Modules that are in memory already though an instrumentation wants to patch them while they load.
 *
 * CommonJS packages only (also those an ES module has imported): Node shows no list of loaded ES modules. Node's own
 * modules are patched in place, whenever they were loaded.
 */
export function modulesLoadedTooEarly(instrumentations: readonly object[]): string[] {
	const loaded = Object.keys(require.cache);
	const names = instrumentations.flatMap((instrumentation) =>
		((instrumentation as Patching)._modules ?? []).map(({ name }) => name),
	);
	return [...new Set(names)].filter((name) => {
		if (loadedHere.has(name)) return false;
		const part = `${sep}node_modules${sep}${name.split("/").join(sep)}${sep}`;
		return loaded.some((file) => file.includes(part));
	});
}
