import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { footlight } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";

// Run as a process of its own: prints how often each kind of failure nobody handles is reported, bare or wrapped.
const { spans } = registerSdk();
const light = footlight("unhandled");
const wrap = process.argv[2] === "wrapped" ? light.stage : <F>(_: string, fn: F): F => fn;

const reported: Record<string, number> = {};
for (const event of ["unhandledRejection", "uncaughtException"] as const) {
	process.on(event, (error: Error) => {
		const key = `${event} ${error.message}`;
		reported[key] = (reported[key] ?? 0) + 1;
	});
}

class Request extends Promise<unknown> {}

const failing = (message: string) => async () => {
	throw new Error(message);
};

wrap("a", failing("async function"))();
wrap("b", () => Request.reject(new Error("promise subclass, never looked at")))();
wrap("c", () => Request.reject(new Error("promise subclass, then")))().then(() => {});
wrap("d", () => Request.reject(new Error("promise subclass, finally")))().finally(() => {});
wrap("e", () => Object.assign(Promise.reject(new Error("promise with members")), { cancel() {} }))();
wrap("f", async function* () {
	yield* [];
	throw new Error("async generator, next");
})().next();
wrap("g", () => new ReadableStream({ start: (controller) => controller.error(new Error("stream, read")) }))()
	.getReader()
	.read();
wrap(
	"h",
	() => new ReadableStream({ start: (controller) => controller.error(new Error("stream, never looked at")) }),
)();
wrap("i", () => new ReadableStream({ start: (controller) => controller.error(new Error("stream, pipeTo")) }))().pipeTo(
	new WritableStream(),
);
wrap(
	"j",
	() => new ReadableStream({ start: (controller) => controller.error(new Error("stream, pipeThrough")) }),
)().pipeThrough(new TransformStream());
wrap("k", () => new Readable({ read: () => {} }))().destroy(new Error("readable, no listener"));
wrap("l", () => Request.reject(new Error("handled")))().catch(() => {});
wrap("m", failing("handled too"))().catch(() => {});

// An uncaught exception puts off what else is due in its turn.
for (let turn = 0; turn < 50; turn++) await nextTurn();
console.log(JSON.stringify({ reported, recorded: spans().length > 0 }));
