import { measured } from "./child.ts";
import type { QueueDuty } from "./queue-subject.ts";
import { column, type Figures, type Row, type Table } from "./table.ts";

interface QueueRow extends Row {
	readonly subject: string;
	readonly duty: QueueDuty;
	readonly capacity: number;
}

/** A million chunks through a bounded queue, from one that makes them to one that uses them. */
export const queues: Table<QueueRow> = {
	title: "One chunk through a bounded queue, a million at a time; MB: of the process, at its peak",
	columns: [column("ns", "ns"), column("MB", "mb")],
	rows: [16, 1_024].flatMap((capacity) => rowsOf(capacity)),
	measure: ({ label, subject, duty, capacity }) =>
		measured(label, "queue.ts", [subject, duty, `${capacity}`]) as Figures,
	pair: (row, against) =>
		measured(row.label, "queue-pair.ts", [row.subject, row.duty, `${row.capacity}`, against.subject]) as Figures,
};

function rowsOf(capacity: number): QueueRow[] {
	const row = (subject: string, duty: QueueDuty, label: string, rest: Partial<Row> = {}): QueueRow => ({
		label: `${capacity}: ${label}`,
		subject,
		duty,
		capacity,
		...rest,
	});
	const against = (label: string, atMost?: number) => ({
		against: `${capacity}: ${label}`,
		...(atMost !== undefined && { atMost }),
	});
	const [awaited, put, sync, drop] = [
		"ring, await put",
		"ring, put",
		"ring, no waiting",
		"ring, drops the oldest",
	] as const;
	return [
		row("ring", "awaited", awaited),
		row("footlight", "awaited", "ChunkQueue, await put", against(awaited, 1.3)),
		row("ring", "put", put),
		row("footlight", "put", "ChunkQueue, put", against(put)),
		row("footlight", "batch", "ChunkQueue, put and takeMany", against(put)),
		row("events-on", "put", "events.on", against(put)),
		row("web-stream", "put", "ReadableStream", against(put)),
		row("transform-stream", "put", "TransformStream", against(put)),
		row("pass-through", "put", "PassThrough", against(put)),
		row("effect", "put", "Effect Queue, take", against(put)),
		row("effect", "batch", "Effect Queue, takeAll", against(put)),
		row("ring", "sync", sync),
		row("footlight", "sync", "ChunkQueue, put and takeMany, no waiting", against(sync, 2)),
		row("ring", "drop", drop),
		row("footlight", "drop", "ChunkQueue, drops the oldest", against(drop, 2)),
		row("effect", "drop", "Effect Queue, sliding", against(drop)),
	];
}
