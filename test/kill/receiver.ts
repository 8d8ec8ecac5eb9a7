import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Item } from "./item.ts";

/** What arrived, in the order it did. */
export interface Receiver {
	readonly url: string;
	readonly deliveries: readonly { readonly item: Item; readonly key: string }[];
	/** Answers everybody well, and at once. */
	calm(): void;
	close(): void;
}

/** A real server that is as servers are: sometimes slow, sometimes not there, and sometimes it takes a batch and does not say so. */
export async function startReceiver(random: () => number): Promise<Receiver> {
	const deliveries: { item: Item; key: string }[] = [];
	let isCalm = false;
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on("data", (chunk: Buffer) => chunks.push(chunk));
		request.on("error", () => {});
		request.on("end", () => {
			const mood = isCalm ? 1 : random();
			if (mood < 0.05) return void request.destroy();
			if (mood < 0.1) return void response.writeHead(503).end();
			const { items, keys } = JSON.parse(Buffer.concat(chunks).toString()) as { items: Item[]; keys: string[] };
			for (const [index, item] of items.entries()) deliveries.push({ item, key: keys[index] as string });
			if (mood < 0.15) return void request.destroy();
			if (mood < 0.3) return void setTimeout(() => response.end(), 20);
			response.end();
		});
	});
	server.listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		deliveries,
		calm() {
			isCalm = true;
		},
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}
