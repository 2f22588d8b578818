/** `2026-12-31 18:00:05 UTC` of an ISO 8601 time. */
export function formatTime(time: string): string {
  const [day = '', clock = ''] = new Date(time).toISOString().split('T');
  return `${day} ${clock.slice(0, 8)} UTC`;
}
