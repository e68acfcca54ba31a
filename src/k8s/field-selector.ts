import { SelectorError } from "./label-selector.ts";

/** One term of a field selector: all of them must hold. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/**
 * Reads the field selector of a query (`status.phase!=Failed,spec.nodeName=node-1`). In values,
 * a backslash goes before `\`, `,` and `=`. The rules and messages are those of
 * `apimachinery/pkg/fields/selector.go`.
 *
 * @throws SelectorError
 */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  return splitTerms(text)
    .filter((term) => term !== "")
    .map((term) => parseTerm(text, term));
}

/** What `parseFieldSelector` reads back. */
export function formatFieldSelector(requirements: readonly FieldRequirement[]): string {
  return requirements
    .map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, "\\$&")}`)
    .join(",");
}

/** whether `textOf` gives what every term asks for. */
export function matchesFields(
  requirements: readonly FieldRequirement[],
  textOf: (field: string) => string,
): boolean {
  return requirements.every(
    ({ field, operator, value }) => (textOf(field) === value) === (operator === "="),
  );
}

/** Splits at the commas that no backslash stands before. */
function splitTerms(text: string): readonly string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === "\\") index += 1;
    if (character !== ",") continue;
    terms.push(text.slice(start, index));
    start = index + 1;
  }
  return [...terms, text.slice(start)];
}

function parseTerm(selector: string, term: string): FieldRequirement {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
  if (match === null) {
    throw new SelectorError(`invalid selector: '${selector}'; can't understand '${term}'`);
  }
  const [, field = "", operator, value = ""] = match;
  return { field, operator: operator === "!=" ? "!=" : "=", value: unescapeValue(value) };
}

function unescapeValue(text: string): string {
  let value = "";
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === "," || character === "=") {
      const code = character.charCodeAt(0); // Go prints the rune as a number.
      throw new SelectorError(`invalid field selector: unescaped character in value: ${code}`);
    }
    if (character !== "\\") {
      value += character;
      continue;
    }
    index += 1;
    const escaped = text.charAt(index);
    if (!["\\", ",", "="].includes(escaped)) {
      throw new SelectorError(`invalid field selector: invalid escape sequence: \\${escaped}`);
    }
    value += escaped;
  }
  return value;
}
