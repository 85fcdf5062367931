/**
 * The base of every error Cloakroom throws. `code` is stable: branch on it, not on the message.
 *
 * Messages say what was wrong and what is allowed. They never hold a stored value, a session id or a secret.
 */
export abstract class CloakroomError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The configuration is wrong; the message lists everything that is, so that one round of corrections is enough. */
export class ConfigError extends CloakroomError {
  readonly code = 'CONFIG';
}

/** An argument that no driver takes: a ttl of 0, a number out of range, a precondition that asks for nothing. */
export class InvalidArgumentError extends CloakroomError {
  readonly code = 'INVALID_ARGUMENT';
}
