import type { IncomingMessage } from "node:http";

const mostBytes = 65_536;
/** Well within the time of an attempt, so that what comes of the batch is known before it is sent again. */
const longestMs = 500;

/**
 * Reads the body of an answer, so that its connection can serve the next request; one that is too long, or does not
 * end, is let go of with its connection. Never rejects: the status has said what there is to know.
 */
export function readBody(response: IncomingMessage): Promise<Buffer> {
	return new Promise((resolve) => {
		const chunks: Buffer[] = [];
		let bytes = 0;
		const done = (): void => {
			clearTimeout(timer);
			resolve(Buffer.concat(chunks).subarray(0, mostBytes));
		};
		const stop = (): void => {
			response.destroy();
			done();
		};
		const timer = setTimeout(stop, longestMs);
		response.on("data", (chunk: Buffer) => {
			chunks.push(chunk);
			bytes += chunk.length;
			if (bytes > mostBytes) stop();
		});
		response.on("error", done);
		response.on("close", done);
		response.on("end", done);
	});
}
