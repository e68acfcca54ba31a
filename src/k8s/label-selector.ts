import { labelValueErrors, qualifiedNameErrors } from "./names.ts";
import type { LabelSelector, LabelSelectorRequirement } from "./types/meta.ts";

export type LabelMatcher = (labels: Readonly<Record<string, string>> | undefined) => boolean;

/** Label selectors also compare whole numbers, which label selectors in objects do not. */
type LabelOperator = LabelSelectorRequirement["operator"] | "Gt" | "Lt";

/** One term of a selector. `=` and `==` are In with one value, `!=` is NotIn with one. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** A selector that cannot be read. The message is the API server's. */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
}

/**
 * Reads the selector of a query (`a=b,c in (d,e),!f`); empty matches everything.
 *
 * @throws SelectorError
 */
export function parseLabelSelector(text: string): LabelMatcher {
  return requirementsMatcher(parseLabelRequirements(text));
}

/** Matches what satisfies all requirements. */
export function requirementsMatcher(requirements: readonly LabelRequirement[]): LabelMatcher {
  if (requirements.length === 0) return () => true;
  const [first] = requirements;
  if (requirements.length === 1 && first) return (labels) => satisfies(labels, first);
  return (labels) => {
    for (const requirement of requirements) if (!satisfies(labels, requirement)) return false;
    return true;
  };
}

/** The matcher of a selector in an object: undefined matches nothing, `{}` everything. */
export function labelMatcher(selector: LabelSelector | undefined): LabelMatcher {
  if (selector === undefined) return () => false;
  return requirementsMatcher(labelRequirements(selector));
}

/** The terms of a selector in an object, `matchLabels` first. */
export function labelRequirements(selector: LabelSelector): readonly LabelRequirement[] {
  const pairs = Object.entries(selector.matchLabels ?? {});
  return [
    ...pairs.map(([key, value]) => ({ key, operator: "In" as const, values: [value] })),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => ({
      key,
      operator,
      values,
    })),
  ];
}

/** Whether the labels satisfy one term (`labels.Requirement.Matches`). */
export function satisfies(
  labels: Readonly<Record<string, string>> | undefined,
  { key, operator, values }: LabelRequirement,
): boolean {
  const value = labels?.[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt": {
      const left = wholeNumber(value);
      const right = wholeNumber(values[0]);
      if (left === undefined || right === undefined) return false;
      return operator === "Gt" ? left > right : left < right;
    }
    default:
      return false; // An object may hold an operator that we do not know: it matches nothing.
  }
}

/** The text of a selector, as kubectl prints it: `<none>` when it matches everything. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const text = formatRequirements(labelRequirements(selector ?? {}));
  return text === "" ? "<none>" : text;
}

/** What `parseLabelRequirements` reads back. Sorted by key, as the API server does. */
export function formatRequirements(requirements: readonly LabelRequirement[]): string {
  return [...requirements]
    .sort((left, right) => (left.key < right.key ? -1 : Number(left.key > right.key)))
    .map(formatRequirement)
    .join(",");
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const [first = ""] = values;
  const single = values.length === 1;
  switch (operator) {
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    case "Gt":
      return `${key}>${first}`;
    case "Lt":
      return `${key}<${first}`;
    case "In":
      return single ? `${key}=${first}` : `${key} in (${[...values].sort().join(",")})`;
    case "NotIn":
      return single ? `${key}!=${first}` : `${key} notin (${[...values].sort().join(",")})`;
  }
}

function wholeNumber(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text)
    ? BigInt(text.startsWith("+") ? text.slice(1) : text)
    : undefined;
}

interface Token {
  readonly kind: "word" | "symbol" | "end";
  readonly text: string;
}

/** The grammar and the messages are those of `labels.Parse` (`apimachinery/pkg/labels/selector.go`). */
export function parseLabelRequirements(text: string): readonly LabelRequirement[] {
  const tokens = tokenize(text);
  const requirements: LabelRequirement[] = [];
  for (;;) {
    const token = tokens.peek();
    if (token.kind === "end") return requirements;
    if (token.kind !== "word" && token.text !== "!") {
      throw new SelectorError(`found '${token.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(parseRequirement(tokens));
    const separator = tokens.take();
    if (separator.kind === "end") return requirements;
    if (separator.text !== ",") {
      throw new SelectorError(`found '${separator.text}', expected: ',' or 'end of string'`);
    }
    const next = tokens.peek();
    if (next.kind !== "word" && next.text !== "!") {
      throw new SelectorError(`found '${next.text}', expected: identifier after ','`);
    }
  }
}

interface Tokens {
  peek(): Token;
  take(): Token;
}

function tokenize(text: string): Tokens {
  const pattern = /[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^ \t\r\n=!(),<>]+))/y;
  const tokens: Token[] = [];
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, symbol, word = ""] = match;
    tokens.push(symbol ? { kind: "symbol", text: symbol } : { kind: "word", text: word });
  }
  const end: Token = { kind: "end", text: "" };
  let position = 0;
  return {
    peek: () => tokens[position] ?? end,
    take() {
      position += 1;
      return tokens[position - 1] ?? end;
    },
  };
}

function unreadable(why: string): SelectorError {
  return new SelectorError(`unable to parse requirement: ${why}`);
}

function parseRequirement(tokens: Tokens): LabelRequirement {
  let token = tokens.take();
  const negated = token.text === "!" && token.kind === "symbol";
  if (negated) token = tokens.take();
  if (token.kind !== "word") throw unreadable(`found '${token.text}', expected: identifier`);
  const key = token.text;
  const keyErrors = qualifiedNameErrors(key);
  if (keyErrors.length > 0) {
    throw unreadable(`<nil>: Invalid value: ${JSON.stringify(key)}: ${keyErrors.join("; ")}`);
  }
  if (negated) return { key, operator: "DoesNotExist", values: [] };
  const next = tokens.peek();
  if (next.kind === "end" || next.text === ",") return { key, operator: "Exists", values: [] };
  const operator = parseOperator(tokens.take());
  const values = operator.set ? parseValues(tokens) : [parseValue(tokens)];
  checkValues(key, operator.operator, values);
  return { key, operator: operator.operator, values };
}

const operators: Readonly<Record<string, { operator: LabelOperator; set: boolean }>> = {
  "=": { operator: "In", set: false },
  "==": { operator: "In", set: false },
  "!=": { operator: "NotIn", set: false },
  ">": { operator: "Gt", set: false },
  "<": { operator: "Lt", set: false },
  in: { operator: "In", set: true },
  notin: { operator: "NotIn", set: true },
};

function parseOperator(token: Token): { readonly operator: LabelOperator; readonly set: boolean } {
  const operator = Object.hasOwn(operators, token.text) ? operators[token.text] : undefined;
  if (operator !== undefined) return operator;
  throw unreadable(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
}

function parseValue(tokens: Tokens): string {
  const token = tokens.peek();
  if (token.kind === "end" || token.text === ",") return "";
  tokens.take();
  if (token.kind === "word") return token.text;
  throw unreadable(`found '${token.text}', expected: identifier`);
}

/** `(a,b)`; a missing value is an empty one. Sorted and without repetition, as a Go set lists them. */
function parseValues(tokens: Tokens): readonly string[] {
  const open = tokens.take();
  if (open.text !== "(") throw unreadable(`found '${open.text}' expected: '('`);
  const values = new Set<string>();
  for (;;) {
    const token = tokens.peek();
    if (token.kind === "word") {
      values.add(token.text);
      tokens.take();
    } else if (token.text === "," || token.text === ")") {
      values.add("");
    } else {
      throw unreadable(`found '${token.text}', expected: ',', ')' or identifier`);
    }
    const separator = tokens.take();
    if (separator.text === ")") return [...values].sort();
    if (separator.text !== ",") {
      throw unreadable(`found '${separator.text}', expected: ',' or ')'`);
    }
  }
}

function checkValues(key: string, operator: LabelOperator, values: readonly string[]): void {
  values.forEach((value, index) => {
    if ((operator === "Gt" || operator === "Lt") && wholeNumber(value) === undefined) {
      throw unreadable(
        `values[${index}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    const errors = labelValueErrors(value);
    if (errors.length === 0) return;
    throw unreadable(
      `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${errors.join("; ")}`,
    );
  });
}
