/** Of Node, behind `Readable.fromWeb`: from Node 26 on it takes a reader, and then reads past the reader's methods. */
const adapter = "newStreamReadableFromReadableStream";
const hasAdapter = Number.parseInt(globalThis.process?.versions?.node ?? "0", 10) >= 26;

/** True where the platform asks for a reader whose methods it will not call, so that nobody would hear of the reads. */
export function readsPast(): boolean {
	return hasAdapter && new Error().stack?.includes(adapter) === true;
}
