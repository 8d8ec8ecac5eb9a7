import type { IncomingHttpHeaders } from "node:http";

/** What headers say of when to try again; others may hold secrets, and an error is logged. */
const telling = /^(?:date|retry-after.*|(?:x-)?rate-?limit.*)$/;

/**
 * The other side did not take what was posted, or could not be reached: then there is no `status`, and `cause` says why.
 *
 * Status and Retry-After stand where `retry` looks for them.
 */
export class HttpSinkError extends Error {
	override readonly name: string = "HttpSinkError";
	declare readonly status?: number;
	declare readonly headers?: IncomingHttpHeaders;
	/** The beginning of the answer; not in the message, since it may repeat what was sent. */
	declare readonly answer?: string;
	/** A code of RPC where there is no status: whoever cannot be reached now may be reached later. */
	declare readonly code?: "unavailable";

	constructor(
		message: string,
		told: { readonly status?: number; readonly headers?: IncomingHttpHeaders; readonly answer?: string } = {},
		options?: ErrorOptions,
	) {
		super(message, options);
		const { status, headers, answer } = told;
		if (status === undefined) this.code = "unavailable";
		else this.status = status;
		if (headers !== undefined)
			this.headers = Object.fromEntries(Object.entries(headers).filter(([name]) => telling.test(name)));
		if (answer !== undefined) this.answer = answer.slice(0, 1_000);
	}
}
