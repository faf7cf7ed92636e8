// A visitor as the tester's fields describe them.
import type { PreviewVisitor } from '../../../api/link_preview';
import { fromLocalInput } from '../../../lib/time';

const kOwn = 'own';

const kAgents: Record<string, { label: string; agent: string }> = {
  iphone: {
    label: 'iPhone, Safari',
    agent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
  },
  ipad: {
    label: 'iPad, Safari',
    agent:
      'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1',
  },
  android: {
    label: 'Android phone, Chrome',
    agent:
      'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
  },
  windows: {
    label: 'Windows, Edge',
    agent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0',
  },
  mac: {
    label: 'Mac, Safari',
    agent:
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
  },
  linux: {
    label: 'Linux, Firefox',
    agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
  },
  bot: {
    label: 'Googlebot',
    agent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  },
};

export const agentOptions = [
  ...Object.entries(kAgents).map(([value, { label }]) => ({ value, label })),
  { value: kOwn, label: 'Another User-Agent …' },
];

export interface VisitorDraft {
  agent: string;
  ownAgent: string;
  language: string;
  country: string;
  query: string;
  time: string;
  ip: string;
}

export const kFirstVisitor: VisitorDraft = {
  agent: 'iphone',
  ownAgent: '',
  language: 'de-AT, en;q=0.5',
  country: '',
  query: '',
  time: '',
  ip: '',
};

export const hasOwnAgent = ({ agent }: VisitorDraft) => agent === kOwn;

export function visitorOf(draft: VisitorDraft): PreviewVisitor {
  const given = {
    user_agent: kAgents[draft.agent]?.agent ?? draft.ownAgent,
    accept_language: draft.language,
    query: draft.query.replace(/^\?/, ''),
    time: fromLocalInput(draft.time) ?? '',
    country: draft.country.trim(),
    ip: draft.ip.trim(),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}
