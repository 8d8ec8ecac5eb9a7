/** How an answer that was meant for a browser is told. */
export const webPageAnswer = "with a web page: this is no OTLP receiver";
export const webPageCure =
	"Take the address of the OTLP receiver, not of the page one looks at (Jaeger: 4318, not 16686).";

/** True for the content type of a page: a server that takes telemetry answers in the format it was sent. */
export function isPage(contentType: string | undefined): boolean {
	return contentType !== undefined && /html/i.test(contentType);
}

/** True for a problem that says so. */
export function isWebPage(problem: string): boolean {
	return problem.includes(webPageAnswer);
}
