import type { Format } from "./metric-family.ts";

export const contentTypes: Readonly<Record<Format, string>> = {
	text: "text/plain; version=0.0.4; charset=utf-8",
	openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

interface Range {
	readonly type: string;
	readonly version: string | undefined;
	readonly quality: number;
}

/** Chooses a format by an `Accept` header: the text format, unless OpenMetrics 1.0 is wanted more. */
export function chooseFormat(accept: string | undefined): Format {
	const ranges = rangesOf(accept ?? "");
	const openmetrics = qualityOf(ranges, "application/openmetrics-text", "1.0.0");
	return openmetrics > qualityOf(ranges, "text/plain", "0.0.4") ? "openmetrics" : "text";
}

/** Whether an answer may be compressed with gzip, by an `Accept-Encoding` header. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
	const ranges = rangesOf(acceptEncoding ?? "");
	const gzip = ranges.find(({ type }) => type === "gzip") ?? ranges.find(({ type }) => type === "*");
	return gzip !== undefined && gzip.quality > 0;
}

/** The quality of the range that says most about a type. */
function qualityOf(ranges: readonly Range[], type: string, version: string): number {
	const exact = ranges.filter((range) => range.type === type && (range.version ?? version) === version);
	const named = exact.find((range) => range.version !== undefined) ?? exact[0];
	const wild =
		ranges.find((range) => range.type === `${type.split("/")[0]}/*`) ?? ranges.find(({ type }) => type === "*/*");
	return (named ?? wild)?.quality ?? 0;
}

function rangesOf(header: string): Range[] {
	return header.split(",").map((range) => {
		const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
		const given = new Map(parameters.map((parameter) => parameter.split(/\s*=\s*/, 2) as [string, string | undefined]));
		const quality = Number(given.get("q") ?? 1);
		return {
			type,
			version: given.get("version")?.replaceAll('"', ""),
			quality: quality >= 0 && quality <= 1 ? quality : 0,
		};
	});
}
