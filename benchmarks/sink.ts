import { Writable } from "node:stream";
import { pino } from "pino";

/** A real pino that builds every line and hands it to a stream that keeps nothing. */
export const logger = pino({ base: null }, new Writable({ write: (_line, _encoding, done) => done() }));
logger.isLevelEnabled("info");
