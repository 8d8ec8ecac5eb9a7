import { prometheusExporter } from "@footlight/exporters/prometheus";
import type { Metering } from "./meter.ts";

/** Footlight's own provider, with its defaults: exemplars are on. */
export function prometheusMetering(): Metering {
	const exporter = prometheusExporter();
	return {
		meterProvider: exporter.meterProvider,
		async total(metric) {
			const { body } = await exporter.metrics();
			const name = metric.replaceAll(".", "_");
			const line = new RegExp(`^${name}(?:_seconds)?(?:_USD)?(?:_total|_count)\\{.*\\} (\\S+)$`, "gm");
			return [...body.matchAll(line)].reduce((sum, [, value]) => sum + Number(value), 0);
		},
	};
}
