/** Rights of an API key as GetApiKeyInfo names them (docs.kraken.com, read 2026-11-21). */
const NEEDED: Readonly<Record<string, string>> = {
  'query-funds': 'Query funds',
  'query-open-trades': 'Query open orders & trades',
  'query-closed-trades': 'Query closed orders & trades',
  'query-ledger': 'Query ledger entries',
  'modify-trades': 'Create & modify orders',
  'close-trades': 'Cancel & close orders',
  'create-ws-token': 'WebSocket interface',
};

/** Why a key with these rights must not trade, with what to change; null when it is fit. */
export function whyKeyUnfit(permissions: readonly string[]): string | null {
  const withdraws = permissions.filter((each) => each.startsWith('withdraw'));
  const lacks = Object.entries(NEEDED).filter(([name]) => !permissions.includes(name));
  const reasons = [
    ...(withdraws.length === 0
      ? []
      : [`it can withdraw (${withdraws.join(', ')}): take that right away`]),
    ...(lacks.length === 0
      ? []
      : [`it lacks ${lacks.map(([name, label]) => `"${label}" (${name})`).join(', ')}`]),
  ];
  return reasons.length === 0 ? null : reasons.join('; ');
}
