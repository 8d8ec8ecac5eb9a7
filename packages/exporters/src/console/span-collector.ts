import { type ConsoleSpan, roleOf } from "./span.ts";

/** Spans that belong on one tree. */
export interface Collected {
	readonly spans: readonly ConsoleSpan[];
	/** Spans of the same tree that were not kept. */
	readonly missing: number;
}

export interface SpanCollector {
	started(span: ConsoleSpan): void;
	ended(span: ConsoleSpan): void;
	/** Hands on trees that would still wait: those whose root has ended, or all of them. */
	flush(which: "ended" | "all"): void;
	/** Spans held at this moment. */
	readonly pending: number;
	/** Spans dropped so far because their runs did not finish. */
	readonly dropped: number;
}

interface Entry {
	readonly span: ConsoleSpan;
	parent: Entry | undefined;
	readonly children: Set<Entry>;
	open: boolean;
	/** Descendants that have not ended. */
	openBelow: number;
	/** Spans below that were not kept. */
	missing: number;
}

type Trace = Map<string, Entry>;

const sampled = 1;

/**
 * Gathers spans, and hands a tree on when its root has ended and nothing that started below it is still open.
 *
 * A root is the outermost span of Footlight's that is known here: its parent may be foreign, remote or unsampled.
 * Foreign spans outside such a tree are let go as soon as they end.
 */
export function spanCollector(maxPending: number, finished: (tree: Collected) => void): SpanCollector {
	const traces = new Map<string, Trace>();
	let pending = 0;
	let dropped = 0;

	function forget(entry: Entry): void {
		const { traceId, spanId } = entry.span.spanContext();
		const trace = traces.get(traceId);
		if (!trace?.delete(spanId)) return;
		pending -= 1;
		entry.parent?.children.delete(entry);
		if (trace.size === 0) traces.delete(traceId);
	}

	function handOn(root: Entry): void {
		const tree = subtree(root);
		const open = tree.filter((entry) => entry.open);
		for (const entry of tree) {
			if (!entry.open) forget(entry);
		}
		// What is still open outlives its tree: it becomes a tree of its own, and tells its end there.
		for (const entry of open) {
			if (entry.parent?.open !== true) entry.parent = undefined;
			entry.openBelow = 0;
			for (const child of entry.children) if (!child.open) entry.children.delete(child);
		}
		for (const entry of open) {
			for (let above = entry.parent; above !== undefined; above = above.parent) above.openBelow += 1;
		}
		finished({ spans: tree.map(({ span }) => span), missing: tree.reduce((sum, { missing }) => sum + missing, 0) });
	}

	function dropTrace(traceId: string, trace: Trace): void {
		const waiting = [...trace.values()].filter((entry) => !entry.open && entry === rootOf(entry));
		for (const root of waiting) handOn(root);
		const rest = traces.get(traceId)?.size ?? 0;
		traces.delete(traceId);
		pending -= rest;
		dropped += rest;
	}

	/** The oldest trace goes first; the one being added to only when it alone is far too large. */
	function makeRoom(current: string): void {
		for (const [traceId, trace] of traces) {
			if (pending <= maxPending) return;
			if (traceId !== current) dropTrace(traceId, trace);
		}
		const own = traces.get(current);
		if (own !== undefined && pending > maxPending * 2) dropTrace(current, own);
	}

	return {
		started(span) {
			const { traceId, spanId, traceFlags } = span.spanContext();
			if ((traceFlags & sampled) === 0) return;
			const trace: Trace = traces.get(traceId) ?? new Map();
			traces.set(traceId, trace);
			const { parentSpanContext } = span;
			const parent = parentSpanContext?.isRemote ? undefined : trace.get(parentSpanContext?.spanId ?? "");
			const entry: Entry = { span, parent, children: new Set(), open: true, openBelow: 0, missing: 0 };
			trace.set(spanId, entry);
			pending += 1;
			parent?.children.add(entry);
			for (let above = parent; above !== undefined; above = above.parent) above.openBelow += 1;
			if (pending > maxPending) makeRoom(traceId);
		},
		ended(span) {
			const { traceId, spanId } = span.spanContext();
			const entry = traces.get(traceId)?.get(spanId);
			if (entry === undefined || !entry.open) return;
			entry.open = false;
			for (let above = entry.parent; above !== undefined; above = above.parent) above.openBelow -= 1;
			const root = rootOf(entry);
			if (root === undefined) {
				for (const child of entry.children) child.parent = undefined;
				forget(entry);
			} else if (!root.open && root.openBelow === 0) {
				handOn(root);
			} else if (pending > maxPending && entry !== root && entry.children.size === 0 && entry.parent !== undefined) {
				entry.parent.missing += 1 + entry.missing;
				forget(entry);
			}
		},
		flush(which) {
			const roots = new Set([...traces.values()].flatMap((trace) => [...trace.values()].map(rootOf)));
			for (const root of roots) if (root !== undefined && (which === "all" || !root.open)) handOn(root);
			if (which === "all") {
				traces.clear();
				pending = 0;
			}
		},
		get pending() {
			return pending;
		},
		get dropped() {
			return dropped;
		},
	};
}

function rootOf(entry: Entry): Entry | undefined {
	let root: Entry | undefined;
	for (let current: Entry | undefined = entry; current !== undefined; current = current.parent) {
		if (roleOf(current.span) !== "other") root = current;
	}
	return root;
}

function subtree(root: Entry): Entry[] {
	const tree = [root];
	for (const entry of tree) tree.push(...entry.children);
	return tree;
}
