// SPDX-License-Identifier: MIT
'use client';
import dynamic from 'next/dynamic';

export default dynamic(() => import('../../link/link-screen.tsx').then((module) => module.LinkScreen), {
  ssr: false,
});
