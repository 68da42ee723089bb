// SPDX-License-Identifier: MIT
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'CHROMIUM_PATH'];

/** What a process we start gets of our own environment: where programs are, and no configuration by accident. */
export function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** Whether npm started us. */
export function inheritedByNpm(): boolean {
  return process.env['npm_lifecycle_event'] !== undefined;
}

/** What a watchtower is configured with. */
export function watchtowerEnvironment(): Record<string, string> {
  return ownEnvironment(/^(INDRA_|WATCHTOWER_|AWS_|NODE_EXTRA_CA_CERTS$)/);
}

/** The hub's own configuration, for the functions a process starts. */
export function hubEnvironment(): Record<string, string> {
  return ownEnvironment(/^(INDRA_|HUB_|AWS_|NODE_EXTRA_CA_CERTS$)/);
}

function ownEnvironment(own: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      own.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
