import { exporter } from "../../thousand.ts";

export default async (): Promise<string> => (await exporter.metrics("application/openmetrics-text")).body;
