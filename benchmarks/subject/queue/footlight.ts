import { ChunkQueue } from "@footlight/core";
import { metrics } from "@opentelemetry/api";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import type { Chunk, Move } from "../../queue-subject.ts";

class PulledReader extends MetricReader {
	protected override async onForceFlush(): Promise<void> {}
	protected override async onShutdown(): Promise<void> {}
}

const reader = new PulledReader();
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

const name = "chunks";
let listened = 0;
const onEvent = () => {
	listened++;
};

export function awaited(capacity: number): Move {
	return async (chunks) => {
		const queue = new ChunkQueue<Chunk>({ name, capacity, onEvent });
		const drained = drain(queue);
		for (let index = 0; index < chunks; index++) await queue.put({ index });
		queue.close();
		return { sum: await drained, dropped: 0 };
	};
}

export function put(capacity: number): Move {
	return async (chunks) => {
		const queue = new ChunkQueue<Chunk>({ name, capacity, onEvent });
		const drained = drain(queue);
		for (let index = 0; index < chunks; index++) {
			const waits = queue.put({ index });
			if (waits !== undefined) await waits;
		}
		queue.close();
		return { sum: await drained, dropped: 0 };
	};
}

export function batch(capacity: number): Move {
	return async (chunks) => {
		const queue = new ChunkQueue<Chunk>({ name, capacity, onEvent });
		const drained = drainMany(queue);
		for (let index = 0; index < chunks; index++) {
			const waits = queue.put({ index });
			if (waits !== undefined) await waits;
		}
		queue.close();
		return { sum: await drained, dropped: 0 };
	};
}

async function drainMany(queue: ChunkQueue<Chunk>): Promise<number> {
	let sum = 0;
	for (;;) {
		const chunks = await queue.takeMany();
		if (chunks.length === 0) return sum;
		for (const { index } of chunks) sum += index;
	}
}

export function sync(capacity: number): Move {
	const queue = new ChunkQueue<Chunk>({ name, capacity, onEvent });
	return (chunks) => {
		let sum = 0;
		for (let index = 0; index < chunks; ) {
			for (; queue.size < capacity && index < chunks; index++) queue.put({ index });
			for (const chunk of queue.takeMany() as Chunk[]) sum += chunk.index;
		}
		return { sum, dropped: 0 };
	};
}

export function drop(capacity: number): Move {
	return (chunks) => {
		const queue = new ChunkQueue<Chunk>({ name, capacity, policy: "drop-oldest", onEvent });
		let sum = 0;
		for (let index = 0; index < chunks; index++) queue.put({ index });
		for (const chunk of queue.takeMany() as Chunk[]) sum += chunk.index;
		queue.close();
		return { sum, dropped: queue.snapshot().totalDropped };
	};
}

/** What it has told and counted: a queue with its telemetry off would be no rival of ours. */
export async function proof(): Promise<{ readonly events: number; readonly series: number }> {
	const { resourceMetrics } = await reader.collect();
	const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
	const series = all.filter(({ descriptor }) => descriptor.name.startsWith("pipeline.stream."));
	return { events: listened, series: series.length };
}

/** Its own: one that has other queues to read, too, is slower for each. */
async function drain(chunks: AsyncIterable<Chunk>): Promise<number> {
	let sum = 0;
	for await (const { index } of chunks) sum += index;
	return sum;
}
