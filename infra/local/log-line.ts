// SPDX-License-Identifier: MIT
/** Log lines for people. Functions write one JSON object a line; other servers write what they like. */

const COLOURS: Readonly<Record<string, number>> = {
  trace: 90,
  debug: 90,
  info: 32,
  warn: 33,
  error: 31,
  fatal: 31,
};

export interface LogStyle {
  readonly colour: boolean;
  /** Shows also what other servers say in passing. */
  readonly verbose: boolean;
}

/** Undefined for a line that tells a reader nothing. */
export function logLine(part: string, line: string, { colour, verbose }: LogStyle): string | undefined {
  const entry = parse(line);
  if (entry === undefined) {
    if (!verbose && !/\b(error|fail|panic|warn)/i.test(line)) return undefined;
    return `${dim(part.padEnd(11), colour)} ${line}`;
  }
  const {
    level,
    time,
    msg,
    message,
    name,
    function: functionName,
    id,
    pid: _pid,
    hostname: _host,
    v: _v,
    ...rest
  } = entry;
  const word = String(level ?? 'info');
  const clock = new Date(typeof time === 'number' ? time : Date.now()).toISOString().slice(11, 23);
  const fields = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [
    dim(clock, colour),
    paint(word.padEnd(5), COLOURS[word] ?? 32, colour),
    String(functionName ?? name ?? part).padEnd(11),
    dim(typeof id === 'string' ? id.slice(0, 8) : ''.padEnd(8), colour),
    String(msg ?? message ?? ''),
    dim(fields.join(' '), colour),
  ]
    .join(' ')
    .trimEnd();
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const paint = (text: string, code: number, colour: boolean): string =>
  colour ? `\x1b[${code}m${text}\x1b[0m` : text;
const dim = (text: string, colour: boolean): string => paint(text, 90, colour);
