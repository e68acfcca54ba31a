import { errorCodes, flags, Http2Error, settingIds } from "./frames.ts";

/** The largest flow-control window (RFC 9113, 6.9.1). */
export const windowBytesMax: number = 2 ** 31 - 1;

/** What a SETTINGS frame says, where it says it. */
export interface PeerSettings {
  readonly headerTableSize?: number;
  readonly maxConcurrentStreams?: number;
  readonly initialWindowSize?: number;
  readonly maxFrameSize?: number;
}

/** @throws Http2Error as RFC 9113, 6.5.2 demands */
export function parseSettings(bytes: Buffer, start: number, end: number): PeerSettings {
  if ((end - start) % 6 !== 0) throw frameSizeError("SETTINGS");
  const settings: { -readonly [K in keyof PeerSettings]: PeerSettings[K] } = {};
  for (let at = start; at < end; at += 6) {
    const value = bytes.readUInt32BE(at + 2);
    switch (bytes.readUInt16BE(at)) {
      case settingIds.headerTableSize:
        settings.headerTableSize = value;
        break;
      case settingIds.maxConcurrentStreams:
        settings.maxConcurrentStreams = value;
        break;
      case settingIds.initialWindowSize:
        if (value > windowBytesMax) {
          throw new Http2Error(errorCodes.flowControlError, `an initial window of ${value} bytes`);
        }
        settings.initialWindowSize = value;
        break;
      case settingIds.maxFrameSize:
        if (value < 16_384 || value > 16_777_215) throw protocolError(`frames of ${value} bytes`);
        settings.maxFrameSize = value;
        break;
      default: // Settings that are not known are not to be minded.
    }
  }
  return settings;
}

export interface GoAway {
  readonly lastStreamId: number;
  readonly code: number;
}

export function parseGoAway(bytes: Buffer, start: number, end: number): GoAway {
  if (end - start < 8) throw frameSizeError("GOAWAY");
  return {
    lastStreamId: bytes.readUInt32BE(start) & 0x7fff_ffff,
    code: bytes.readUInt32BE(start + 4),
  };
}

/** RST_STREAM's code, WINDOW_UPDATE's increment: a payload of four bytes. */
export function parseWord(name: string, bytes: Buffer, start: number, end: number): number {
  if (end - start !== 4) throw frameSizeError(name);
  return bytes.readUInt32BE(start);
}

/** How much of a payload's end is padding; its first byte says so where the flag is set. */
export function paddingBytes(
  frameFlags: number,
  bytes: Buffer,
  start: number,
  end: number,
): number {
  if ((frameFlags & flags.padded) === 0) return 0;
  const padding = bytes[start] ?? 0;
  if (start + 1 + padding > end) throw protocolError("more padding than payload");
  return padding;
}

export function protocolError(message: string): Http2Error {
  return new Http2Error(errorCodes.protocolError, message);
}

export function frameSizeError(name: string): Http2Error {
  return new Http2Error(errorCodes.frameSizeError, `${name} of a wrong size`);
}
