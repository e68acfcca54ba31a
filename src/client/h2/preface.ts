import { connectionWindowBytes } from "../http2-implementation.ts";
import { settingsFrame, wordsFrame } from "./frame-writer.ts";
import { frameTypes, settingIds } from "./frames.ts";
import { headerListBytesMax } from "./hpack-decoder.ts";
import { streamWindowBytes } from "./stream.ts";

/** The window of a connection that nobody has widened. */
const initialWindowBytes = 65_535;

/**
 * What a client says first: who it is, its settings, and how much it takes of all streams together.
 * Shared by all connections of the same header table.
 */
export function openingFrames(headerTableBytes: number): Buffer {
  let frames = known.get(headerTableBytes);
  if (frames === undefined) {
    frames = Buffer.concat([
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1"),
      settingsFrame([
        [settingIds.headerTableSize, headerTableBytes],
        [settingIds.enablePush, 0],
        [settingIds.initialWindowSize, streamWindowBytes],
        [settingIds.maxHeaderListSize, headerListBytesMax],
      ]),
      wordsFrame(frameTypes.windowUpdate, 0, connectionWindowBytes - initialWindowBytes),
    ]);
    known.set(headerTableBytes, frames);
  }
  return frames;
}

const known = new Map<number, Buffer>();
