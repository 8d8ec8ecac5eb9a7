import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { startAuditLog } from "./audit-log.ts";

test("brings every entry to its server, over what it is out for and but for what it refuses", async () => {
	const audit = await startAuditLog((request) => (request === 1 ? 503 : request === 3 ? 400 : undefined));
	const entry = { action: "asked", user: "ada", session: "one", question: "How?" } as const;
	for (let request = 0; request < 4; request++) {
		audit.write(entry);
		audit.write({ ...entry, action: "answered" });
		await audit.flush(10_000);
	}
	await audit.close(1_000);
	const { log, server } = audit.stats();
	expect(log).toMatchObject({ accepted: 8, delivered: 6, lost: { 400: 2 }, left: 0 });
	expect(server).toEqual({ requests: 5, out: 1, refused: 1, taken: 6 });
	expect(existsSync(audit.directory)).toBe(false);
});
