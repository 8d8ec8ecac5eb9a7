import { show } from "@footlight/core/option";
import { Complaint } from "../complaint.ts";

/** Makes what puts whole addresses into a file of rules, where alerts link to a runbook and to a dashboard. */
export function readLinks(
	runbook: string | undefined,
	grafana: string | undefined,
	hasRules: boolean,
): (text: string) => string {
	const runbookUrl = readLink("--runbook-url", runbook, hasRules);
	const grafanaUrl = readLink("--grafana-url", grafana, hasRules);
	if (grafanaUrl?.search) {
		throw new Complaint(`--grafana-url must be an address that paths can be put behind, got ${show(grafana)}`);
	}
	// By the text: a file that is written anew would lose its comments, and how it is laid out.
	return (text) => {
		const linked =
			runbookUrl === undefined
				? text
				: text.replaceAll(/^( +runbook_url: )docs\/runbooks\.md(?=#)/gm, (_, key) => key + runbookUrl.href);
		const base = grafanaUrl?.href.replace(/\/+$/, "");
		return base === undefined ? linked : linked.replaceAll(/^( +dashboard_url: )(?=\/d\/)/gm, (_, key) => key + base);
	};
}

/** A brace would be read as a template by Prometheus; a name and password do not belong in a file. */
function readLink(option: string, value: string | undefined, hasRules: boolean): URL | undefined {
	if (value === undefined) return undefined;
	if (!hasRules) throw new Complaint(`${option} goes with --rules: dashboards have no such links`);
	const url = URL.canParse(value) ? new URL(value) : undefined;
	if (url !== undefined && (url.username !== "" || url.password !== "")) {
		throw new Complaint(`${option} must hold no name and password: all who see an alert would see them`);
	}
	if (url === undefined || !/^https?:$/.test(url.protocol) || /[#{}]/.test(url.href)) {
		const cure = `Give an address without # and braces: ${option} https://...`;
		throw new Complaint(`${option} must be an http:// or https:// address, got ${show(value)}`, cure);
	}
	return url;
}
