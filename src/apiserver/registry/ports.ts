/** Names and numbers of ports (`apimachinery/pkg/util/validation/validation.go`). */

/** A port's number, or a node port's. */
export function portNumberErrors(port: number): readonly string[] {
  return port >= 1 && port <= 65_535 ? [] : ["must be between 1 and 65535, inclusive"];
}

/** An IANA service name of at most 15 characters. */
export function portNameErrors(name: string): readonly string[] {
  const messages: string[] = [];
  if (name.length > 15) messages.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(name)) {
    messages.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(name)) messages.push("must contain at least one letter (a-z)");
  if (name.includes("--")) messages.push("must not contain consecutive hyphens");
  if (name.startsWith("-") || name.endsWith("-")) {
    messages.push("must not begin or end with a hyphen");
  }
  return messages;
}
