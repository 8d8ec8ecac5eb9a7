import { dashboards as all } from "../../../dashboards/generator/index.ts";
import { proveAnnotations, proveDashboard } from "../../../dashboards/proof/dashboard-proof.ts";
import { asks } from "../dashboard-questions.ts";
import { eventually } from "../eventually.ts";
import type { Stack } from "../stack.ts";

/** Long enough for every spell of the faults to have come. */
const withinMs = 240_000;

/** Every panel, variable and annotation shows true data of the demo, in every Prometheus. */
export async function dashboards({ prometheusUrls, startedAt }: Stack): Promise<string> {
	const told = await Promise.all(
		prometheusUrls.map(({ url, version }) =>
			eventually(startedAt + withinMs - Date.now(), async () => {
				const { ask, askValues } = asks(url, startedAt);
				const proofs = [await proveAnnotations(ask)];
				for (const dashboard of all) proofs.push(await proveDashboard(dashboard, ask, askValues));
				const complaints = proofs.flatMap((proof) => proof.complaints);
				const expressions = proofs.reduce((sum, proof) => sum + proof.expressions, 0);
				if (complaints.length === 0) return { found: `${expressions} expressions in Prometheus ${version}` };
				return {
					missing: `what ${complaints.length} of ${expressions} expressions promise:\n${complaints.join("\n")}\n`,
				};
			}),
		),
	);
	return `${((Date.now() - startedAt) / 1_000).toFixed(0)} s after the start: ${told.join("; ")}`;
}
