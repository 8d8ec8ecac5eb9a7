import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";

/** Reads the body of a request as text; throws {@link ApiError} 413 once it is larger than allowed. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
	const parts: Buffer[] = [];
	let bytes = 0;
	// Leaving the loop must not destroy the request, or the caller would never read the refusal.
	for await (const part of request.iterator({ destroyOnReturn: false })) {
		bytes += part.length;
		if (bytes > maxBytes) {
			request.resume();
			throw new ApiError(413, `Request body is too large: at most ${maxBytes} bytes are accepted.`, {
				code: "request_too_large",
				headers: { connection: "close" },
			});
		}
		parts.push(part);
	}
	return Buffer.concat(parts).toString("utf8");
}
