import { strictErrorsMax } from "./unknown-fields.ts";

/** An object or an array that the scan is within. */
interface Frame {
  /** The keys so far; absent for an array. */
  readonly keys?: Set<string>;
  /** The key of the value that comes next, or stands here. */
  key: string;
  /** Of an array's element. */
  index: number;
}

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * The fields that a JSON text gives twice, as the API server reports them (`duplicate field
 * "metadata.labels.a"`), at most 100. `text` must be valid JSON: `JSON.parse` has dropped the
 * duplicates, so only the text shows them.
 */
export function findDuplicateFields(text: string): readonly string[] {
  const found = new Set<string>();
  // A stack of our own: JSON may be nested deeper than calls can be.
  const frames: Frame[] = [];
  let top: Frame | undefined;
  let keyIsNext = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case quote: {
        const end = stringEnd(text, at);
        if (keyIsNext && top !== undefined) {
          takeKey(top, unquote(text.slice(at, end + 1)), frames, found);
          keyIsNext = false;
        }
        at = end;
        break;
      }
      case openBrace:
        top = { keys: new Set(), key: "", index: 0 };
        frames.push(top);
        keyIsNext = true;
        break;
      case openBracket:
        top = { key: "", index: 0 };
        frames.push(top);
        keyIsNext = false;
        break;
      case closeBrace:
      case closeBracket:
        frames.pop();
        top = frames.at(-1);
        keyIsNext = false;
        break;
      case comma:
        if (top?.keys !== undefined) keyIsNext = true;
        else if (top !== undefined) top.index += 1;
        break;
      default:
        break;
    }
  }
  return [...found];
}

function takeKey(top: Frame, key: string, frames: readonly Frame[], found: Set<string>): void {
  top.key = key;
  if (top.keys?.has(key) === true) {
    if (found.size < strictErrorsMax)
      found.add(`duplicate field ${JSON.stringify(pathOf(frames))}`);
  } else {
    top.keys?.add(key);
  }
}

function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes += 1;
  return backslashes % 2 === 1;
}

function unquote(literal: string): string {
  return literal.includes("\\") ? JSON.parse(literal) : literal.slice(1, -1);
}

function pathOf(frames: readonly Frame[]): string {
  let path = "";
  for (const { keys, key, index } of frames) {
    if (keys === undefined) path += `[${index}]`;
    else path += path === "" ? key : `.${key}`;
  }
  return path;
}
