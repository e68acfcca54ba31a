import { STATUS_CODES } from "node:http";
import type { Clock } from "../base/clock.ts";
import type { LogFields } from "../base/log.ts";
import type { ApiRequest, Transport } from "../k8s/transport.ts";
import type { KlogSource } from "./klog.ts";

export interface RequestLogOptions {
  /** As of klog: from 6 on a line for each answer, from 7 on one for the request, with headers. */
  readonly verbosity: number;
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  write(source: KlogSource, message: string, fields: LogFields): void;
}

/** Where client-go writes these lines (`client-go/transport/round_trippers.go`, v0.34). */
const requestSource: KlogSource = { file: "round_trippers.go", line: 527 };
const responseSource: KlogSource = { file: "round_trippers.go", line: 632 };

/** Logs requests and answers as client-go does at that verbosity. */
export function withRequestLog(
  next: Transport,
  { verbosity, server, write }: RequestLogOptions,
  { monotonicMs }: Pick<Clock, "monotonicMs">,
): Transport {
  if (verbosity < 6) return next;
  const isTwofold = verbosity >= 7;
  return async (request) => {
    const asked = { verb: request.method, url: urlOf(server, request) };
    if (isTwofold) {
      write(requestSource, "Request", { ...asked, headers: headerLines(request.headers ?? {}) });
    }
    const startMs = monotonicMs();
    const answered = (status: string, headers: Readonly<Record<string, string>>): void => {
      write(responseSource, "Response", {
        ...(isTwofold ? {} : asked),
        status,
        ...(verbosity >= 8 ? { headers: headerLines(headers) } : {}),
        milliseconds: Math.floor(monotonicMs() - startMs),
      });
    };
    try {
      const response = await next(request);
      const { status, headers } = response;
      answered(`${status} ${STATUS_CODES[status] ?? ""}`.trimEnd(), headers);
      return response;
    } catch (error) {
      answered("", {});
      throw error;
    }
  };
}

/** With the parameters in the order of their names, as Go has them. */
function urlOf(server: string, { path, query }: ApiRequest): string {
  const parameters = new URLSearchParams(query);
  parameters.sort();
  const text = parameters.toString();
  return `${server}${path}${text === "" ? "" : `?${text}`}`;
}

/** `accept: a` → `Accept: a`, a line each, in the order of their names. Tokens are not shown. */
function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.keys(headers)
    .sort()
    .map((name) => {
      const shown = name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
      return `${shown}: ${name === "authorization" ? "<masked>" : headers[name]}`;
    })
    .join("\n");
}
