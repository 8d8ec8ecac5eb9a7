import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BufferedExporter, type ExporterSnapshot } from "@footlight/exporters/buffered";
import { fileSpool } from "@footlight/exporters/spool";
import { webhookSink } from "@footlight/exporters/webhook";
import { type AuditFaults, type AuditServer, startAuditServer } from "./audit-server.ts";

/** Who asked what, and what became of it. */
export interface AuditEntry {
	readonly action: "asked" | "answered" | "failed";
	readonly user: string;
	readonly session: string;
	readonly question: string;
	readonly costUsd?: number;
}

export interface AuditLog {
	/** Where what has yet to arrive is kept. */
	readonly directory: string;
	/** Takes an entry at once: nobody waits for the server, which may be away. */
	write(entry: AuditEntry): void;
	/** What has become of the entries, and what their server counted. */
	stats(): { readonly log: ExporterSnapshot; readonly server: ReturnType<AuditServer["stats"]> };
	/** Waits until all has arrived, or so long. */
	flush(timeoutMs: number): Promise<void>;
	close(timeoutMs: number): Promise<void>;
}

/**
 * Starts the audit log. It stands on disk until the other side has confirmed it; here in a folder for this run alone, while a
 * real one outlives the process.
 */
export async function startAuditLog(faults?: AuditFaults): Promise<AuditLog> {
	const server = await startAuditServer(faults);
	const directory = await mkdtemp(join(tmpdir(), "docs-qa-audit-"));
	const exporter = new BufferedExporter<AuditEntry>({
		name: "audit",
		sink: webhookSink({ url: server.url }),
		spool: fileSpool({ directory, maxBytes: 4 * 2 ** 20 }),
		...{ batchSize: 10, maxDelayMs: 200, maxItems: 1_000 },
		retry: { initialDelayMs: 300, maxDelayMs: 1_500 },
	});
	return {
		directory,
		write: (entry) => void exporter.tryEmit(entry),
		stats: () => ({ log: exporter.snapshot(), server: server.stats() }),
		async flush(timeoutMs) {
			await exporter.flush({ timeoutMs });
		},
		async close(timeoutMs) {
			await exporter.close({ timeoutMs });
			await server.close();
			await rm(directory, { recursive: true, force: true });
		},
	};
}
