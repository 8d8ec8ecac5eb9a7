import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Exporter, ExportResult } from "./create-exporter.ts";
import type { OtlpTarget } from "./otlp-target.ts";
import { isPage, webPageAnswer } from "./web-page.ts";

const channel = "http.client.response.finish";

/**
 * Exports through an official exporter, and takes a web page for the failure it is.
 *
 * To those exporters every answer of 200 is a success, the page of a user interface too, and they do not show it; Node
 * tells of each response once it has read its head.
 */
export async function exportBatch<Item>(
	exporter: Exporter<Item>,
	items: Item[],
	{ url }: OtlpTarget,
): Promise<ExportResult> {
	const address = URL.parse(url);
	let page: number | undefined;
	const look = (told: unknown) => {
		const { request, response } = told as { request: ClientRequest; response: IncomingMessage };
		if (request.getHeader("host") !== address?.host || request.path.split("?")[0] !== address?.pathname) return;
		page = isPage(response.headers["content-type"]) ? response.statusCode : undefined;
	};
	subscribe(channel, look);
	const sent = new Promise<ExportResult>((resolve) => exporter.export(items, resolve));
	const result = await sent.finally(() => unsubscribe(channel, look));
	if (result.code !== 0 || page === undefined) return result;
	return { code: 1, error: Object.assign(new Error(webPageAnswer), { code: page }) };
}
