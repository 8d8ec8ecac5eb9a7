import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { isTransient } from "@footlight/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { BatchSink } from "../../buffered/batch.ts";
import { batchOf, cited } from "../batch-sink-contract.fixture.ts";
import { type AnsweringServer, startAnsweringServer, startRawServer } from "./answering-server.fixture.ts";

/** Declares the tests of what a network and a server can do to a sink that posts. */
export function postFaults(name: string, make: (url: string, timeoutMs: number) => BatchSink<never>): void {
	const ends: (() => unknown)[] = [];
	afterEach(async () => {
		for (const end of ends.splice(0)) await end();
	});
	const live = new AbortController().signal;

	function sinkFor(server: AnsweringServer, timeoutMs = 5_000) {
		const sink = make(server.url, timeoutMs) as unknown as BatchSink<unknown>;
		ends.push(
			() => sink.close?.(),
			() => server.close(),
		);
		return { write: async (signal = live) => sink.write(batchOf("b", cited), signal), sink };
	}
	const failure = (writing: Promise<unknown>): Promise<Error & { status?: number }> =>
		writing.then(
			() => expect.unreachable("the batch was taken"),
			(error) => error,
		);

	describe(`when the other side fails, ${name}`, () => {
		it("passes a refused connection for transient", async () => {
			const server = await startAnsweringServer();
			const { write } = sinkFor(server);
			await server.close();
			const error = await failure(write());
			expect(isTransient(error)).toBe(true);
			expect(error.message).toMatch(/127\.0\.0\.1:\d+ gave no answer$/);
			expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
		});

		it.each<[string, string | undefined]>([
			["a reset connection", undefined],
			["bytes that are no HTTP", "SSH-2.0-OpenSSH_9.6\r\n"],
			["half a head", "HTTP/1.1 200 OK\r\nContent-"],
			["a head with a malformed length", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"],
		])("passes %s for transient", async (_, bytes) => {
			const server = await startRawServer((socket) =>
				bytes === undefined ? socket.resetAndDestroy() : socket.end(bytes),
			);
			const error = await failure(sinkFor(server).write());
			expect([error.name, isTransient(error)]).toEqual(["HttpSinkError", true]);
		});

		it.each<[string, string]>([
			["is cut off", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"],
			["is no chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk"],
			["is no JSON", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{nope"],
		])("has its batch confirmed by a 200 whose body %s", async (_, bytes) => {
			const server = await startRawServer((socket) => socket.end(bytes));
			await sinkFor(server).write();
		});

		it("gives up on a server that does not answer, when its time is over or its caller says so", async () => {
			const server = await startAnsweringServer();
			server.answer(() => {});
			const error = await failure(sinkFor(server, 50).write());
			expect([error.name, isTransient(error)]).toEqual(["TimeoutError", true]);
			const aborting = new AbortController();
			const writing = sinkFor(server).write(aborting.signal);
			await vi.waitFor(() => expect(server.requests).toHaveLength(2));
			const reason = new Error("shutting down");
			aborting.abort(reason);
			expect(await failure(writing)).toBe(reason);
			await vi.waitFor(() => expect(server.open).toBe(0));
		});

		it("lets go of an answer that does not end, or is too long, with its connection", { timeout: 30_000 }, async () => {
			const server = await startAnsweringServer();
			server.answer((response) => response.write("{"));
			const { write } = sinkFor(server);
			await write();
			await vi.waitFor(() => expect(server.open).toBe(0));
			server.answer((response) => response.end("x".repeat(10_000_000)));
			await write();
			await vi.waitFor(() => expect(server.open).toBe(0));
		});

		it("settles by the status, where the time is over before the rest of the answer is there", async () => {
			const server = await startAnsweringServer();
			const answer = (status: number) =>
				server.answer((response) =>
					response.writeHead(status, { "content-length": 500, "retry-after": "7" }).write("{"),
				);
			answer(200);
			await sinkFor(server, 300).write();
			answer(503);
			const error = await failure(sinkFor(server, 300).write());
			expect(error).toMatchObject({ status: 503, headers: { "retry-after": "7" } });
		});

		it("settles by the status, where its caller gives up before the rest of the answer is there", async () => {
			const aborting = new AbortController();
			const server = await startAnsweringServer();
			server.answer((response) => response.writeHead(200, { "content-length": 500 }).write("{"));
			const headIsThere = new Promise<void>((resolve) => {
				subscribe("http.client.response.finish", function heard() {
					unsubscribe("http.client.response.finish", heard);
					resolve();
				});
			});
			const writing = sinkFor(server).write(aborting.signal);
			await headIsThere;
			aborting.abort(new Error("shutting down"));
			await writing;
			await vi.waitFor(() => expect(server.open).toBe(0));
		});

		it("uses a connection again, after refusals too", async () => {
			const server = await startAnsweringServer();
			const { write, sink } = sinkFor(server);
			for (const status of [200, 503, 400, 200, 204, 429, 200]) {
				server.answer((response) => response.writeHead(status).end(status === 204 ? undefined : "{}"));
				await write().catch(() => {});
			}
			expect([server.requests.length, server.accepted]).toEqual([7, 1]);
			await sink.close?.();
			await vi.waitFor(() => expect(server.open).toBe(0));
		});

		it("lets go of a connection whose server answers before it has read all", async () => {
			const server = await startRawServer((socket) => {
				socket.pause();
				socket.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
				setTimeout(() => socket.resume(), 50);
			});
			const { sink } = sinkFor(server);
			const large = batchOf("b", { ...cited, attributes: { text: "x".repeat(20_000_000) } });
			const error = await failure((async () => sink.write(large, live))());
			expect(error.message).toContain("answered 413 Payload Too Large");
			expect(isTransient(error)).toBe(false);
			await vi.waitFor(() => expect(server.open).toBe(0));
		});

		it("follows no redirect", async () => {
			const [server, other] = [await startAnsweringServer(), await startAnsweringServer()];
			ends.push(() => other.close());
			server.answer((response) => response.writeHead(307, { location: other.url }).end());
			const error = await failure(sinkFor(server).write());
			expect(error.message).toContain("answered 307");
			expect([isTransient(error), other.accepted]).toEqual([false, 0]);
		});
	});
}
