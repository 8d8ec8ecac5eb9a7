import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

// `node collector.ts DELAY_MS` prints its port, and answers every request after so long. It ends with whoever started it.
const delayMs = Number(process.argv[2]);
const server = createServer((request, response) => {
	const answer = () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
	request.resume().on("end", () => (delayMs > 0 ? setTimeout(answer, delayMs) : answer()));
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().on("end", () => process.exit(0));
