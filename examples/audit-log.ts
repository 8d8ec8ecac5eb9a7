// An audit log over HTTP: the other side is away, this process ends, and still every event arrives, once by its key.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { BufferedExporter } from "@footlight/exporters/buffered";
import { fileSpool } from "@footlight/exporters/spool";
import { webhookSink } from "@footlight/exporters/webhook";

interface Entry {
	readonly user: string;
	readonly action: string;
	readonly idempotencyKey?: string;
}

// The archive is away at first, then asks for patience, then forgets to answer; in the end it takes everything.
let isAway = true;
const troubles = ["503", "reset", "lost answer"];
const archive: Entry[] = [];
const server = createServer(async (request, response) => {
	const entries = (await json(request)) as Entry[];
	const trouble = isAway ? "503" : troubles.shift();
	if (trouble === "503") response.writeHead(503, { "retry-after": "0" }).end();
	else if (trouble === "reset") request.socket.resetAndDestroy();
	else {
		archive.push(...entries);
		if (trouble === "lost answer") request.socket.destroy();
		else response.end("taken");
	}
}).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as { readonly port: number };

const directory = await mkdtemp(join(tmpdir(), "audit-"));
const startExporter = () =>
	new BufferedExporter<Entry>({
		name: "audit",
		sink: webhookSink({ url: `http://127.0.0.1:${port}` }),
		spool: fileSpool({ directory, maxBytes: 16 * 2 ** 20 }),
		batchSize: 20,
		retry: { initialDelayMs: 10, maxDelayMs: 50 },
	});

const first = startExporter();
for (let user = 0; user < 50; user++) await first.emit({ user: `user-${user}`, action: "signed in" }); // it is on disk
const { left } = await first.close({ timeoutMs: 200 });
console.log(`50 accepted, ${archive.length} arrived, ${left} left on disk: the process ends`);

isAway = false;
const second = startExporter(); // as the next process would
for (let user = 0; user < 50; user++) second.tryEmit({ user: `user-${user}`, action: "signed out" });
const closed = await second.close();
const keys = new Set(archive.map(({ idempotencyKey }) => idempotencyKey));
console.log(
	`100 accepted, ${closed.left} left, ${keys.size} arrived, some of them ${archive.length > 100 ? "twice" : "once"}`,
);

server.close();
await rm(directory, { recursive: true });
