const alphabet = /[A-Za-z0-9+/]/;

/**
 * Why a text is no base64, as Go's `encoding/base64` says it; undefined if it is. It wants padding,
 * skips line ends, and does not mind bits beyond the last byte.
 */
export function base64Fault(text: string): string | undefined {
  const plain = text.replaceAll(/[\r\n]/g, "");
  if (plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain)) return undefined;
  return `illegal base64 data at input byte ${faultOffset(text)}`;
}

function faultOffset(text: string): number {
  let inQuantum = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "\r" || char === "\n") continue;
    if (char === "=" && inQuantum >= 2) return paddingOffset(text, at, inQuantum);
    if (!alphabet.test(char)) return at;
    inQuantum = (inQuantum + 1) % 4;
  }
  return text.length - inQuantum;
}

/** The padding starts at `at`, after two or three characters of the last four. */
function paddingOffset(text: string, at: number, inQuantum: number): number {
  const rest = skipLineEnds(text, at + 1);
  if (inQuantum === 3) return rest;
  if (rest === text.length) return rest;
  if (text.charAt(rest) !== "=") return rest - 1;
  return skipLineEnds(text, rest + 1);
}

function skipLineEnds(text: string, from: number): number {
  let at = from;
  while (text.charAt(at) === "\r" || text.charAt(at) === "\n") at += 1;
  return at;
}
