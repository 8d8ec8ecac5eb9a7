import type { Surroundings } from "./explain.ts";
import { inPrometheus } from "./window.ts";

/** What is wrong as a whole, before any panel is looked at. */
export interface GeneralProblem {
	readonly message: string;
	readonly cure: string;
}

/** Every series of Footlight's namespace, also where an exporter has kept its dots or put something before it. */
const ours = '{__name__=~"(.*[^a-zA-Z0-9])?pipeline[^a-zA-Z0-9].+"}';

/** Undefined where Footlight's metrics reach this Prometheus, under whatever name. */
export async function findAbsence({ prometheus, window }: Surroundings): Promise<GeneralProblem | undefined> {
	const found = await prometheus.query(`count(last_over_time(${ours}[${inPrometheus(window.range)}]))`, window.end);
	if (found.length > 0) return undefined;
	const message = "No metric of Footlight has reached this Prometheus in this time";
	const targets = await prometheus.targets();
	const down = targets?.filter(({ health }) => health === "down") ?? [];
	const [first] = down;
	if (first !== undefined) {
		const cure = `Look at the targets that are down: ${first.scrapeUrl} (${first.lastError}) is one of ${down.length}.`;
		return { message: `${message}, and ${down.length} of its ${targets?.length} targets are down.`, cure };
	}
	const cure =
		"Name the application in scrape_configs: startTelemetry() serves /metrics on port 9464, and footlight doctor says where. Or give a longer --range.";
	return { message: `${message}.`, cure };
}
