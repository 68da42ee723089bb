// SPDX-License-Identifier: MIT
import type { Authority } from './authority.ts';

/** Seconds from a connection to its JWT. The server's own 2 cut off a slow line, or a busy machine, as if it had no right to be there. */
const SIGN_IN_SECONDS = 10;

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly websocketPort: number;
  /** HTTP monitoring (`/healthz`, `/varz`); keep it private. */
  readonly monitorPort?: number;
  /** Websockets speak plain HTTP where a proxy in front ends TLS, and on a local machine. */
  readonly websocketTls?: { readonly certificate: string; readonly key: string };
}

/** The text of nats-server's configuration. It holds signed claims and no secret. */
export function serverConfig(authority: ServerClaims, listen: ListenOptions): string {
  const tls = listen.websocketTls;
  return `# Made by infra/nats. Claims are signed: change them by making new ones.
server_name: "indra"
host: "${listen.host}"
port: ${listen.port}
${listen.monitorPort === undefined ? '' : `http: "127.0.0.1:${listen.monitorPort}"\n`}max_payload: 524288
write_deadline: "10s"

websocket {
  host: "${listen.host}"
  port: ${listen.websocketPort}
  ${tls === undefined ? 'no_tls: true' : `tls { cert_file: "${tls.certificate}", key_file: "${tls.key}" }`}
}

authorization { timeout: ${SIGN_IN_SECONDS} }

operator: ${authority.operatorJwt}
system_account: ${authority.systemAccount.publicKey}
resolver: MEMORY
resolver_preload: {
  ${authority.systemAccount.publicKey}: ${authority.systemAccount.jwt}
  ${authority.account.publicKey}: ${authority.account.jwt}
}
`;
}

export type ServerClaims = Pick<Authority, 'operatorJwt' | 'systemAccount' | 'account'>;
