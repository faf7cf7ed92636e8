// What the server says when it refuses: an RFC 9457 problem document, and the error that carries it.

export interface FieldProblem {
  /** JSON pointer into the request body, e.g. "/url". */
  field: string;
  reason: string;
  detail: string;
}

export interface Problem {
  title: string;
  status: number;
  /** Stable word for programs; the console chooses its own sentences by it. */
  reason: string;
  detail: string;
  request_id: string | null;
  errors: FieldProblem[];
}

export class ApiError extends Error {
  readonly problem: Problem;
  /** Seconds from Retry-After, where the server named them. */
  readonly retryAfterS: number | null;

  constructor(problem: Problem, retryAfterS: number | null = null) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }

  /** Messages by field name ("url", not "/url"), in the shape that a form's validationErrors takes. */
  fieldErrors(): Record<string, string> {
    const byField: Record<string, string> = {};
    for (const error of this.problem.errors) {
      const name = error.field.replace(/^\//, '').split('/')[0] ?? '';
      if (name !== '') byField[name] ??= error.detail || error.reason;
    }
    return byField;
  }
}

export function hasReason(error: unknown, reason: string): boolean {
  return error instanceof ApiError && error.problem.reason === reason;
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.problem.status === status;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Reads a problem document and fills what is missing, since a proxy may answer instead of Ashlar. */
export function parseProblem(status: number, statusText: string, body: unknown): Problem {
  const source = isRecord(body) ? body : {};
  const errors = Array.isArray(source['errors']) ? source['errors'].filter(isRecord) : [];
  return {
    title: text(source['title']) || statusText || 'Error',
    status,
    reason: text(source['reason']) || `http_${status}`,
    detail: text(source['detail']),
    request_id: text(source['request_id']) || null,
    errors: errors.map((e) => ({
      field: text(e['field']),
      reason: text(e['reason']),
      detail: text(e['detail']),
    })),
  };
}

/**
 * Field messages of any error; `byReason` names the field that a whole-request reason belongs to
 * (code_taken is about "code", whether or not the server lists it as a field error).
 */
export function fieldErrorsOf(
  error: unknown,
  byReason: Record<string, string> = {},
): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const errors = error.fieldErrors();
  const field = byReason[error.problem.reason];
  if (field !== undefined) errors[field] ??= error.message;
  return errors;
}
