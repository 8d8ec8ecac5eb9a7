import type { SinkUnderTest } from "@footlight/core/testing";
import type { ClosableSink } from "./closable-sink.ts";
import { type MemorySink, memorySink } from "./memory-sink.ts";

/** A sink of ours that ends in a memory sink, for the contract. */
export function beforeMemory(make: (memory: MemorySink) => ClosableSink): SinkUnderTest {
	const memory = memorySink();
	const sink = make(memory);
	return { sink, kept: () => memory.events.map(({ name }) => name), dropped: () => sink.dropped };
}
