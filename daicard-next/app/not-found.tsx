// SPDX-License-Identifier: MIT
import Link from 'next/link';
import { text } from '../strings/en.ts';

export default function NotFound() {
  return (
    <p>
      {text.app.notFound} <Link href="/">{text.app.toHome}</Link>
    </p>
  );
}
