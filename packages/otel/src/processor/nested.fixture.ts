import { TracerProvider } from "@opentelemetry/sdk-trace";

const probe = new TracerProvider().getTracer("probe").startSpan("probe", { attributes: { nested: { a: 1 } } });

/** False on SDK 2, which drops nested values by itself, before any processor sees them. */
export const keepsNested: boolean = "attributes" in probe && JSON.stringify(probe.attributes).includes("nested");
