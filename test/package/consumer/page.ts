// A page's file: core in a browser, where nothing of Node is.
import { footlight } from "@footlight/core";
import { redactText } from "@footlight/core/redaction";
import { trace } from "@opentelemetry/api";

declare const report: (result: unknown) => void;

const light = footlight("page");
const double = light.stage("double", async (value: number) => value * 2);
const triple = light.stage("triple", (value: number) => value * 3);
const count = light.stage("count", async function* (to: number) {
	for (let item = 1; item <= to; item++) yield item;
});
const read = light.stage("read", () => new Response("streamed").body as ReadableStream<Uint8Array>);

async function show(): Promise<void> {
	const items: number[] = [];
	const sum = await light.run({ userId: "user-7" }, async () => {
		for await (const item of count(3)) items.push(item);
		return (await double(20)) + triple(1) - 1;
	});
	const hidden = redactText("Basic dXNlcjpwdw==");
	report({ sum, items, text: await new Response(read()).text(), span: trace.getActiveSpan() === undefined, hidden });
}

show().catch((error: unknown) => report({ error: String(error) }));
