import type { SinkUnderTest } from "@footlight/core/testing";
import type { BatchSink } from "../buffered/batch.ts";
import { BufferedExporter } from "../buffered.ts";

/** A sink for batches as applications have it, for the contract of sinks. */
export function behindExporter(
	sink: BatchSink<never>,
	names: () => readonly string[],
	end: () => unknown,
): SinkUnderTest {
	const exporter = new BufferedExporter({ name: "contract", sink: sink as BatchSink<unknown>, maxDelayMs: 5 });
	return {
		sink: exporter,
		kept: async () => {
			await exporter.flush();
			return names();
		},
		dropped: () => Object.values(exporter.snapshot().lost).reduce((sum, count) => sum + count, 0),
		async end() {
			await exporter.close();
			await end();
		},
	};
}
