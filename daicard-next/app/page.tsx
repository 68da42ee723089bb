// SPDX-License-Identifier: MIT
'use client';
import dynamic from 'next/dynamic';

export default dynamic(() => import('../balance/home-screen.tsx').then((module) => module.HomeScreen), {
  ssr: false,
});
