// SPDX-License-Identifier: MIT
import type { Metadata, Viewport } from 'next';
import { connection } from 'next/server';
import type { ReactNode } from 'react';
import { text } from '../strings/en.ts';
import './globals.css';
import { Card } from './card.tsx';

export const metadata: Metadata = {
  title: text.app.name,
  description: text.app.description,
  robots: 'noindex',
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f4f6f8' },
    { media: '(prefers-color-scheme: dark)', color: '#0f151b' },
  ],
};

export default async function Layout({ children }: { readonly children: ReactNode }) {
  // Rendered for each request: a page made in advance could not carry the nonce its scripts need.
  await connection();
  return (
    <html lang="en">
      <body>
        <noscript>{text.app.needsScript}</noscript>
        <Card>{children}</Card>
      </body>
    </html>
  );
}
