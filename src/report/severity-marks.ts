export const SEVERITY_MARKS = { error: 'error', blocked: 'refused', warning: 'warning' } as const;
