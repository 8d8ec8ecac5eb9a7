import { type ParseArgsConfig, parseArgs } from "node:util";
import { Complaint } from "./complaint.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Read<Known extends Options> = ReturnType<
	typeof parseArgs<{ args: string[]; options: Known; allowPositionals: true }>
>;

/** Reads what stands behind a command; an option that nobody knows, and a word too many, is complained of. */
export function readParameters<const Known extends Options>(
	parameters: string[],
	options: Known,
	allowPositionals = false,
): Read<Known> {
	try {
		return parseArgs({ args: parameters, options, allowPositionals }) as Read<Known>;
	} catch (error) {
		throw new Complaint((error as Error).message);
	}
}
