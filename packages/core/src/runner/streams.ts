import { StageContext } from "../context.ts";
import { CancelledError } from "../error.ts";
import { Observation } from "../observation.ts";
import { isFailure, type Outcome } from "../outcome.ts";
import { follow } from "../stream/follow.ts";
import { collectStream } from "./collect-stream.ts";
import type { Execution } from "./execution.ts";
import { progress } from "./ledger.ts";
import type { NodeScope } from "./node-scope.ts";
import { notShared, type StageNode } from "./stage-node.ts";
import { closeStream, readerOf, type StreamReader } from "./stream-reader.ts";
import { Tee, type TeeBranch } from "./tee.ts";

/** The streams that stages of a run give: those that the run reads, and those that other stages do. */
export class Streams {
	readonly #run: Execution;
	readonly #consumer: ((scope: NodeScope) => void) | undefined;
	/** Streams that other stages read, by the call that gave them, until their end. */
	readonly #open: Map<NodeScope, object> = new Map();
	/** Those calls by the number of their stage, for good. */
	readonly #givers: Map<number, NodeScope> = new Map();
	readonly #tees: Map<number, Tee> = new Map();
	/** The call whose stream the consumer reads. */
	#delivered: NodeScope | undefined;

	/** @param consumer - takes the stream at the end of the pipeline, item by item; without it, the stream is collected */
	constructor(run: Execution, consumer: ((scope: NodeScope) => void) | undefined) {
		this.#run = run;
		this.#consumer = consumer;
	}

	/** A call gives a stream: the run reads it, or the stages that depend on it do. */
	arrived(scope: NodeScope, given: object): void {
		const readers = scope.map === undefined ? this.#run.plan.dependentCount(scope.number) : 0;
		let stream = given;
		try {
			if (scope.reporter === undefined) {
				if (this.#run.isShared(scope)) notShared(scope.node, stream);
				stream = this.#watched(scope, stream);
			}
			if (readers === 0) scope.reader = readerWithin(stream, scope.node);
			else if (scope.node.tee) this.#share(scope, stream, readers);
		} catch (error) {
			scope.observation?.failed(error);
			this.#run.failed(scope, error);
			return;
		}
		if (readers === 0) this.#read(scope);
		else this.#handOn(scope, stream);
	}

	/** The stream that a stage gives as one of its readers sees it. */
	of(giver: number, reader: number): unknown {
		const tee = this.#tees.get(giver);
		return tee === undefined ? this.#run.ledger.outputs[giver] : this.#branch(tee, giver, reader);
	}

	/** The call of a stage has ended for those who observe it. */
	callEnded(scope: NodeScope): void {
		if (this.#open.has(scope)) this.#ended(scope);
		else if (scope === this.#delivered && !scope.isPulling) this.collected(scope);
	}

	/** A stream that the run reads has come to its end. */
	collected(scope: NodeScope): void {
		if (scope.over) return;
		const run = this.#run;
		run.readClock();
		if (scope.ending === undefined && run.end.hasStopped) scope.observation?.failed(run.end.reason);
		if (scope.ending === "cancelled" || scope.ending === "timeout") run.failed(scope, this.#cutOffWith(scope));
		else run.succeeded(scope, scope.items);
		run.advance();
	}

	/** A stream that the run reads has failed. */
	broken(scope: NodeScope, error: unknown): void {
		this.#run.readClock();
		scope.observation?.failed(error);
		const isHeard = scope.ending !== undefined && isFailure(scope.ending);
		this.#run.failed(scope, isHeard ? scope.endingError : error);
		this.#run.advance();
	}

	/** A stage has no more right to the shared streams that it was given. */
	leave(number: number): void {
		if (this.#tees.size === 0) return;
		for (const giver of this.#run.plan.nodes[number]?.after ?? []) {
			const tee = this.#tees.get(giver);
			if (tee !== undefined) this.#branch(tee, giver, number)?.leave();
		}
	}

	/**
	 * Refuses to call a stage again once it has read of a stream: the items are gone, and it would take the rest for all
	 * there is.
	 */
	refuseReadAgain(scope: NodeScope): void {
		for (const number of scope.node.after) {
			const giver = this.#givers.get(number);
			if (giver === undefined) continue;
			const tee = this.#tees.get(number);
			const branch = tee && this.#branch(tee, number, scope.number);
			const isUntouched =
				branch === undefined ? giver.observation?.stream?.itemCount === 0 : branch.position === 0 && !branch.hasLeft;
			if (isUntouched) continue;
			// The function itself is not called.
			scope.attempts--;
			throw new TypeError(
				`pipeline ${this.#run.name}: ${scope.node.name} was to be called again, but the stream of ${giver.node.name} ` +
					`has been read; collect its items in ${giver.node.name}`,
			);
		}
	}

	/** Ends the wait of those that read shared streams: the run has ended early. */
	cancel(reason: unknown): void {
		for (const tee of this.#tees.values()) tee.fail(reason);
	}

	/** Nobody reads on what is still open. */
	close(): void {
		const { hasStopped, reason } = this.#run.end;
		for (const [scope, stream] of [...this.#open]) {
			if (hasStopped) scope.observation?.failed(reason);
			else scope.observation?.abandon();
			const tee = this.#tees.get(scope.number);
			if (tee === undefined) closeStream(stream, reason);
			else tee.close(reason);
		}
	}

	/** Watches a stream on the run's own behalf, where no layer does. */
	#watched(scope: NodeScope, stream: object): object {
		scope.open = false;
		scope.reporter = scope;
		const context = new StageContext(this.#run.context, this.#run.scope.span, scope);
		return follow(stream, new Observation(scope.call, context, [])) as object;
	}

	#share({ number, node }: NodeScope, stream: object, readers: number): void {
		const reader = readerWithin(stream, node);
		this.#tees.set(number, new Tee(node, reader, readers, (more) => this.#run.lend(more)));
	}

	#branch(tee: Tee, giver: number, reader: number): TeeBranch | undefined {
		const { offsets, targets } = this.#run.plan.dependents;
		return tee.branches[targets.indexOf(reader, offsets[giver]) - (offsets[giver] as number)];
	}

	#handOn(scope: NodeScope, stream: object): void {
		const { ledger } = this.#run;
		this.#open.set(scope, stream);
		this.#givers.set(scope.number, scope);
		if (scope.span !== undefined) ledger.keepSpan(scope);
		ledger.progress[scope.number] = progress.handedOn;
		ledger.outputs[scope.number] = stream;
		this.#run.handedOn(scope);
		// It may have been at its end when it came.
		if (scope.ending !== undefined) this.#ended(scope);
	}

	/** A stream that other stages read has come to its end. */
	#ended(scope: NodeScope): void {
		this.#open.delete(scope);
		const outcome = scope.ending as Outcome;
		const isCut = outcome === "cancelled" && scope.endingError === undefined;
		const error = isCut ? this.#cutOffWith(scope) : scope.endingError;
		this.#run.callOver(scope, outcome, error);
		if (isCut || outcome === "ok" || outcome === "skipped" || outcome === "fallback") return;
		this.#run.ledger.progress[scope.number] = progress.failed;
		this.#run.failedAt(scope.number, error);
		this.#run.advance();
	}

	/** Reads a stream at the end of the pipeline, or lets the consumer do it. */
	#read(scope: NodeScope): void {
		scope.items = [];
		this.#run.goesOn(scope);
		if (this.#consumer === undefined || scope.map !== undefined) {
			collectStream(this.#run, this, scope);
			return;
		}
		if (this.#delivered === undefined) {
			this.#delivered = scope;
			this.#consumer(scope);
			return;
		}
		const problem = new TypeError(
			`pipeline ${this.#run.name}: ${this.#delivered.node.name} and ${scope.node.name} both end in a stream, ` +
				"and stream() can give only one; use run()",
		);
		scope.observation?.failed(problem);
		scope.reader?.cancel(problem);
		this.#run.failed(scope, problem);
	}

	#cutOffWith(scope: NodeScope): unknown {
		return scope.endingError ?? (this.#run.end.hasStopped ? this.#run.end.reason : new CancelledError(scope.node.name));
	}
}

/** Makes a reader of the stream that a stage has given. */
function readerWithin(stream: object, { name, definition }: StageNode): StreamReader {
	const reader = readerOf(stream);
	if (reader !== undefined) return reader;
	throw new TypeError(
		`pipeline ${definition.pipeline.name}: the stream of ${name} cannot be read: its iteration gave no iterator`,
	);
}
