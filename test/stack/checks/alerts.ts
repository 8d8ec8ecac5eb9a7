import { alerts as all, expressionOf } from "../../../dashboards/generator/alerts/index.ts";
import { shorten } from "../../../dashboards/proof/shorten.ts";
import { asks } from "../dashboard-questions.ts";
import { eventually } from "../eventually.ts";
import { ask } from "../prometheus-api.ts";
import type { Stack } from "../stack.ts";

/** Six hours become a minute and a half, and nothing less than ten seconds. */
const factor = 240;
const leastMs = 10_000;

interface Rules {
	readonly groups: readonly {
		readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
	}[];
}

/** Every alert looks at data that are there, and every rule that Prometheus has loaded does its work. */
export async function alerts({ prometheusUrls, startedAt }: Stack): Promise<string> {
	const told = await Promise.all(
		prometheusUrls.map(async ({ url, version }) => {
			const rules = await eventually(30_000, async () => {
				const { groups } = await ask<Rules>(url, "rules");
				const loaded = groups.flatMap((group) => group.rules);
				const ill = loaded.filter(({ health }) => health !== "ok");
				const missing = ill
					.map(({ name, health, lastError = "" }) => `rule ${name} is ${health} ${lastError}`)
					.join("; ");
				return ill.length === 0 && loaded.length >= all.length
					? { found: loaded.length }
					: { missing: missing || "rules" };
			});
			const { ask: asked } = asks(url, startedAt);
			const complaints: string[] = [];
			for (const alert of all) {
				await asked(shorten(expressionOf(alert), factor, leastMs));
				const values = (await asked(shorten(alert.value, factor, leastMs))).flatMap((series) => series.values);
				if (values.length === 0 && !alert.isEmptyWhenWell)
					complaints.push(`${alert.name} looks at nothing: ${alert.value}`);
				if (!values.every(Number.isFinite)) complaints.push(`${alert.name} looks at what is no number: ${alert.value}`);
			}
			if (complaints.length > 0) throw new Error(`Prometheus ${version}: ${complaints.join("; ")}`);
			return `${rules} rules healthy, ${all.length} alerts with data in Prometheus ${version}`;
		}),
	);
	return told.join("; ");
}
