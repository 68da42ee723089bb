// SPDX-License-Identifier: MIT
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'CHROMIUM_PATH'];

/** What a process we start gets of our own environment: where programs are, and no configuration by accident. */
export function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
