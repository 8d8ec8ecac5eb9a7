/** What the server did with a request, by number; 0 is one it has not received, or not finished. */
export const serverEnds = ["none", "ok", "missing", "failed", "reset", "left"] as const;
/** `left`: the client had gone before there was an answer. */
export type ServerEnd = (typeof serverEnds)[number];

/** How a request ended for the client, by number; 0 is one that has not ended. */
export const clientEnds = ["open", "ok", "missing", "failed", "reset", "timeout", "cancelled", "other"] as const;
/** `timeout` and `cancelled`: given up, by the layer or by the caller, whatever the server did with it. */
export type ClientEnd = (typeof clientEnds)[number];

/** Header that carries the number of a request, so that both sides speak of the same one. */
export const requestNumberHeader = "x-request-number";

/** What the server tells at the end. */
export interface ServerReport {
	/** Requests whose head has arrived. */
	readonly received: number;
	/** Of these, numbers that came more than once, or that nobody can have sent. */
	readonly strange: number;
	/** Received and neither answered, nor reset, nor left by the client. */
	readonly unfinished: number;
	/** Of each request, by its number, a place in {@link serverEnds}. */
	readonly ends: Uint8Array;
}
