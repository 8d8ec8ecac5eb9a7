export { type FileSpoolOptions, fileSpool } from "./buffered/spool/file-spool.ts";
export type { Durability, SpoolLogOptions } from "./buffered/spool/settings.ts";
export { SpoolError, type SpoolErrorCode } from "./buffered/spool/spool-error.ts";
