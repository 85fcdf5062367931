import type { html } from 'hono/html';

/** What is interpolated into a template is escaped, unless it is a template itself. */
export type Html = ReturnType<typeof html>;

export interface View {
  readonly basePath: string;
  readonly now: Date;
  readonly demo: boolean;
  readonly drivers: { readonly session: string; readonly cache: string };
  /** Absent for a visitor without a session. */
  readonly handle: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  readonly notice: string | undefined;
}
