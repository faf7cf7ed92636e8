import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './lib/query_client';
import { applyTheme } from './lib/theme';
import { App } from './shell/app';
import './ui/styles/tokens.css';
import './ui/styles/fonts.css';
import './ui/styles/base.css';

// The fonts come from the same server in a few milliseconds; text drawn before them would move when
// they arrive. A server too slow for this must not leave the page empty, so the wait is short.
const kFontWaitMs = 400;

async function fontsLoaded(): Promise<void> {
  const fonts = ['1em "IBM Plex Sans Variable"', '1em "IBM Plex Mono"', '500 1em "IBM Plex Mono"'];
  const tooLong = new Promise<void>((resolve) => setTimeout(resolve, kFontWaitMs));
  await Promise.race([Promise.allSettled(fonts.map((font) => document.fonts.load(font))), tooLong]);
}

async function start(): Promise<void> {
  applyTheme();
  const root = document.getElementById('root');
  if (!root) throw new Error('index.html has no #root');
  await fontsLoaded();
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={createQueryClient()}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}

void start();
