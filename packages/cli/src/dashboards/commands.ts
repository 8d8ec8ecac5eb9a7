import type { CommandGroup } from "../command.ts";
import { checkCommand } from "./check-command.ts";
import { exportCommand } from "./export-command.ts";
import { listCommand } from "./list-command.ts";
import { pushCommand } from "./push-command.ts";

/** `footlight dashboards`: the dashboards and alerts, where they are needed. */
export const dashboardsCommands: CommandGroup = {
	summary: "lists, writes and saves the dashboards, and checks them against a live Prometheus",
	commands: { list: listCommand, export: exportCommand, check: checkCommand, push: pushCommand },
};
