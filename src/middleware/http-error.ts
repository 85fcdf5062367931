import { CloakroomError } from '../errors.ts';

export interface HttpErrorOptions extends ErrorOptions {
  /** Sent with the answer, such as `Allow` or `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A request that can't be served as it is. `problems()` answers it with `status`; `code` and the message are shown to
 * the client, so neither may hold anything secret.
 *
 * @example
 * throw new HttpError(404, 'NO_SUCH_ORDER', 'There is no such order.');
 */
export class HttpError extends CloakroomError {
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, options: HttpErrorOptions = {}) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
  }
}
