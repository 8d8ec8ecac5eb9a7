import { rulesYaml } from "./alerts/index.ts";
import { classicJson } from "./classic-json.ts";
import { dashboards } from "./index.ts";

/** What stands in this folder's `grafana/` and `rules/`: paths and texts. */
export function generatedFiles(): [path: string, text: string][] {
	const files = dashboards.map((dashboard): [string, string] => {
		const json = classicJson(dashboard);
		return [`grafana/${json.uid}.json`, `${JSON.stringify(json, null, 2)}\n`];
	});
	return [...files, ["rules/footlight.rules.yaml", rulesYaml()]];
}
