import { closeStream } from "../runner/stream-reader.ts";

/** Lets go of a stream that nobody will read, and tells its source where that can be told. */
export function giveUpStream(stream: object, reason: unknown): void {
	abortRequest(stream, reason);
	closeStream(stream, reason);
}

/** Has the request aborted that a client's stream comes from; other streams have none. */
export function abortRequest(stream: object, reason: unknown): void {
	quietly(() => {
		const { controller, abort } = stream as { controller?: Partial<AbortController>; abort?: () => unknown };
		if (typeof abort === "function") return abort.call(stream);
		if (typeof controller?.abort === "function") controller.abort(reason);
	});
}

/** Runs what may throw or reject; neither is to be heard. */
export function quietly(step: () => unknown): void {
	try {
		Promise.resolve(step()).catch(() => {});
	} catch {
		// It is given up in any case.
	}
}
