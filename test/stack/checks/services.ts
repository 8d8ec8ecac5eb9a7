import { eventually } from "../eventually.ts";
import { operations, services } from "../jaeger-api.ts";
import type { Stack } from "../stack.ts";

/** Root spans of both pipelines, stages of them, and a call of the model. */
const expected = ["docs-index", "docs-qa", "retrieve", "answer", "chat extractive-1"];

/** Jaeger lists the demo and what it does. */
export async function servicesAndOperations({ jaegerUrl }: Stack): Promise<string> {
	return eventually(30_000, async () => {
		const known = await services(jaegerUrl);
		if (!known.includes("docs-qa")) return { missing: `service docs-qa; Jaeger knows ${known.join(", ") || "none"}` };
		const names = await operations(jaegerUrl, "docs-qa");
		const absent = expected.filter((name) => !names.includes(name));
		if (absent.length > 0) return { missing: `operations ${absent.join(", ")}; Jaeger knows ${names.join(", ")}` };
		return { found: `${known.length} services, ${names.length} operations of docs-qa` };
	});
}
