// SPDX-License-Identifier: MIT
import { NextResponse, type NextRequest } from 'next/server';
import { cardConfig, isDevelopment } from './server/card-config.ts';
import { contentSecurityPolicy } from './server/content-security-policy.ts';

const HEADER = 'content-security-policy';

/** A fresh nonce for every page. Next.js reads it from the request's header and puts it on its own scripts. */
export function proxy(request: NextRequest): NextResponse {
  const { hubUrl, rpcUrl } = cardConfig();
  const policy = contentSecurityPolicy({
    nonce: btoa(crypto.randomUUID()),
    connect: [hubUrl, rpcUrl],
    isDevelopment,
  });
  const headers = new Headers(request.headers);
  headers.set(HEADER, policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set(HEADER, policy);
  return response;
}

export const config = { matcher: '/((?!_next/static|_next/image|config.json|icon.svg).*)' };
