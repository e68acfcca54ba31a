export type { TableColumn, TablePrinter } from "./printer.ts";
export { printerOf } from "./printers.ts";
