import { eventually } from "../eventually.ts";
import { ask } from "../prometheus-api.ts";
import type { Stack } from "../stack.ts";

interface Targets {
	readonly activeTargets: readonly {
		readonly labels: { readonly job: string };
		readonly health: string;
		readonly lastError: string;
	}[];
}

/** Every Prometheus reaches everything it scrapes. */
export async function targets({ prometheusUrls }: Stack): Promise<string> {
	const jobs = await Promise.all(
		prometheusUrls.map(({ url, version }) =>
			eventually(30_000, async () => {
				const { activeTargets } = await ask<Targets>(url, "targets");
				const ill = activeTargets.filter(({ health }) => health !== "up");
				const told = ill.map(({ labels, health, lastError }) => `${labels.job} is ${health} ${lastError}`);
				if (ill.length > 0 || activeTargets.length === 0)
					return { missing: `Prometheus ${version}: ${told.join("; ")}` };
				return { found: activeTargets.map(({ labels }) => labels.job) };
			}),
		),
	);
	return `${jobs.flat().length} targets up: ${[...new Set(jobs.flat())].join(", ")}`;
}
