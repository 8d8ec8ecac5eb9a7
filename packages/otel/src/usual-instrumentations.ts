import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { isInstrumentationChosen } from "./chosen-instrumentation.ts";

const everything = "@opentelemetry/auto-instrumentations-node";

/**
 * The instrumentations of the application: all of `@opentelemetry/auto-instrumentations-node` where it is installed,
 * else `http` and `undici` (which is `fetch`). OTEL_NODE_ENABLED_INSTRUMENTATIONS and
 * OTEL_NODE_DISABLED_INSTRUMENTATIONS choose among them.
 */
export async function usualInstrumentations(): Promise<Instrumentation[]> {
	const installed = await installedSet();
	if (installed !== undefined) return installed;
	const builtIn: Record<string, () => Instrumentation> = {
		http: () => new HttpInstrumentation(),
		undici: () => new UndiciInstrumentation(),
	};
	return Object.entries(builtIn)
		.filter(([name]) => isInstrumentationChosen(name))
		.map(([, create]) => create());
}

async function installedSet(): Promise<Instrumentation[] | undefined> {
	try {
		// Looked for where the application stands; it need not be beside this package.
		const file = createRequire(join(process.cwd(), "package.json")).resolve(everything);
		const { getNodeAutoInstrumentations } = (await import(pathToFileURL(file).href)) as {
			getNodeAutoInstrumentations(): Instrumentation[];
		};
		return getNodeAutoInstrumentations();
	} catch {
		return undefined;
	}
}
