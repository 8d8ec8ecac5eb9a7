/** Gives a header by its lower-case name; undefined where it is not there. */
export type HeaderReader = (name: string) => string | undefined;

/** Where clients of HTTP and RPC keep the headers of the answer that an error stands for. */
export function* headersOf(error: Readonly<Record<string, unknown>>): Generator<HeaderReader> {
	const { headers, response, $response, responseHeaders, metadata } = error;
	const answers = [response, $response] as readonly ({ headers?: unknown } | null | undefined)[];
	for (const bag of [headers, ...answers.map((answer) => answer?.headers), responseHeaders, metadata]) {
		if (typeof bag === "object" && bag !== null) yield headerReader(bag);
	}
}

/** Reads headers from a `Headers`, a Map, an array of pairs or of names and values in turn, or an object with names in any case. */
function headerReader(bag: object): HeaderReader {
	const { get } = bag as { get?: (name: string) => unknown };
	const isIterable = Symbol.iterator in bag;
	// Metadata of gRPC can only be asked.
	if (typeof get === "function" && !isIterable) return (name) => text(get.call(bag, name));
	const known = new Map<string, string>();
	for (const [name, value] of isIterable ? pairs(bag as Iterable<unknown>) : Object.entries(bag)) {
		const shown = text(value);
		if (typeof name === "string" && shown !== undefined) known.set(name.toLowerCase(), shown);
	}
	return (name) => known.get(name);
}

function* pairs(list: Iterable<unknown>): Generator<readonly [unknown, unknown]> {
	let name: string | undefined;
	for (const item of list) {
		if (Array.isArray(item)) yield [item[0], item[1]];
		else if (name === undefined) name = String(item);
		else {
			yield [name, item];
			name = undefined;
		}
	}
}

function text(value: unknown): string | undefined {
	const one: unknown = Array.isArray(value) ? value[0] : value;
	if (typeof one === "number") return String(one);
	return typeof one === "string" ? one.trim() : undefined;
}
