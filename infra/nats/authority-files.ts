// SPDX-License-Identifier: MIT
/** An authority in a folder: claims that anyone may read, and secrets only their owner may. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, type Authority } from './authority.ts';

export interface AuthorityFiles {
  readonly authority: Authority;
  readonly credentialsFile: string;
  readonly signingSeedFile: string;
}

/** The authority kept in a folder; made there if there is none. */
export async function authorityIn(folder: string): Promise<AuthorityFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'authority.json');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  const authority = kept === undefined ? await createAuthority() : (JSON.parse(kept) as Authority);
  const credentialsFile = join(folder, 'hub.creds');
  const signingSeedFile = join(folder, 'signing.nk');
  await writeSecret(file, JSON.stringify(authority, null, 2));
  await writeSecret(credentialsFile, authority.hubCredentials);
  await writeSecret(signingSeedFile, authority.signingSeed);
  return { authority, credentialsFile, signingSeedFile };
}

export async function writeSecret(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  await chmod(path, 0o600);
}
